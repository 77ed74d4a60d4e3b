package medallion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/state"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// Options says how a session starts. Only Root is required.
type Options struct {
	Root  string            // the folder for volumes, warehouse and catalog, made when absent; or a place in a bucket: s3://bucket/lake
	Space *volumes.Space    // instead of Root: names and storage of one's own
	Conf  map[string]string // settings, by Spark's names
	Log   *slog.Logger      // nil: nothing is logged
	Out   io.Writer         // where the console sink prints; nil: standard output
	Clock func() time.Time  // nil: the wall clock
	// After fires once Clock has moved on by d; nil: as the wall clock does. A clock that is moved by hand brings its own, and
	// processing-time triggers wait for it.
	After func(d time.Duration) <-chan time.Time
	// OnProgress sees every progress report of every query, in the query's goroutine; may be nil.
	OnProgress func(StreamingQueryProgress)
}

// A Session is where queries run: a root, a catalog, settings, and the streaming queries started from it. It is safe for
// concurrent use.
type Session struct {
	space       *volumes.Space
	catalog     *catalog.Catalog
	memory      *exec.Memory
	stateBudget *state.Budget // of all streams
	queries     stream.Manager
	log         *slog.Logger
	clock       func() time.Time
	after       func(time.Duration) <-chan time.Time // may be nil
	report      func(StreamingQueryProgress)
	out         io.Writer
	user        string

	startConf map[string]string // the settings that RESET brings back

	mu             sync.Mutex
	conf           map[string]string
	currentCatalog string
	currentSchema  string
	views          map[string]tempView
	temporary      []string                // folders to remove at the end
	writer         *writerVersion          // of inserts; nil: they count each time
	observations   map[string]*Observation // that wait for their metrics, by name
}

// NewSession opens a root.
func NewSession(opts Options) (*Session, error) {
	s := &Session{
		memory: exec.NewMemory(0), stateBudget: state.NewBudget(0),
		log: opts.Log, clock: opts.Clock, after: opts.After, report: opts.OnProgress, out: opts.Out, user: "anonymous",
		conf: defaultConf(), currentCatalog: catalog.SessionCatalog, currentSchema: catalog.DefaultSchema,
		views: map[string]tempView{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.out == nil {
		s.out = os.Stdout
	}
	if s.clock == nil {
		s.clock = time.Now //nolint:forbidigo // the one place where the wall clock comes in
	}
	if u, err := user.Current(); err == nil {
		s.user = u.Username
	}
	if err := s.SetConf(confMemoryLimit, s.conf[confMemoryLimit]); err != nil {
		return nil, err
	}
	for key, value := range opts.Conf {
		if err := s.SetConf(key, value); err != nil {
			return nil, err
		}
	}
	s.startConf = maps.Clone(s.conf)
	if s.space = opts.Space; s.space == nil {
		var err error
		if s.space, err = s.openSpace(opts.Root); err != nil {
			return nil, err
		}
	}
	s.catalog = catalog.New(s.space)
	return s, nil
}

// Close stops the session's streaming queries and waits for their ends.
func (s *Session) Close() {
	s.queries.StopAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, dir := range s.temporary {
		if err := os.RemoveAll(dir); err != nil {
			s.log.Warn("a temporary checkpoint is left behind", "dir", dir, "error", err)
		}
	}
	s.temporary = nil
}

// scratch is a checkpoint for a query that needs none to be kept: it goes when the session closes.
func (s *Session) scratch() (volumes.Location, error) {
	dir, err := os.MkdirTemp("", "medallion-checkpoint-")
	if err != nil {
		return volumes.Location{}, err
	}
	s.mu.Lock()
	s.temporary = append(s.temporary, dir)
	s.mu.Unlock()
	store, err := volumes.OpenLocal(dir)
	return volumes.Location{Store: store, Key: "checkpoint", URI: "file://" + dir + "/checkpoint"}, err
}

// Space resolves the names of files: /Volumes/…, dbfs:/…, plain paths.
func (s *Session) Space() *volumes.Space { return s.space }

// env is what a query of the session runs in.
func (s *Session) env() *exec.Env {
	s.stateBudget.SetLimit(s.stateMemory())
	return &exec.Env{
		Eval: s.evalContext(), Memory: s.memory, Workers: s.confInt(confWorkers),
		Observed: s.observed, StateBudget: s.stateBudget, MinDeltas: s.confInt(confMinDeltas),
	}
}

func (s *Session) evalContext() expr.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	zone, ok := expr.ParseZone(s.conf[confTimeZone])
	if !ok {
		zone = time.UTC // not reachable: SetConf has checked it
	}
	return expr.Context{
		ANSI: s.conf[confANSI] == "true", TimeZone: zone, Now: s.clock(),
		Catalog: s.currentCatalog, Schema: s.currentSchema, User: s.user, Conf: maps.Clone(s.conf),
	}
}

func (s *Session) resolveEnv() logical.Env {
	return logical.Env{Catalog: resolver{Session: s}, Eval: s.evalContext()}
}

// TimeZone is the session's, in which timestamps are shown.
func (s *Session) TimeZone() *time.Location { return s.evalContext().TimeZone }

// DeltaLog opens the log of a table, given as SQL names it: t, schema.t, delta.`/path`.
func (s *Session) DeltaLog(ctx context.Context, table string) (*deltalog.Table, error) {
	parts, err := sql.ParseTableName(table)
	if err != nil {
		return nil, err
	}
	t, err := s.tableOf(ctx, parts)
	return t.Log, err
}

// SQL runs one statement. A query gives its frame, unrun; a command is carried out at once and gives its
// answer, if it has one, as a frame.
func (s *Session) SQL(ctx context.Context, text string) (*DataFrame, error) {
	return guarded(s, func() (*DataFrame, error) { return s.statement(ctx, text) })
}

func (s *Session) statement(ctx context.Context, text string) (*DataFrame, error) {
	statement, err := sql.Parse(text)
	if err != nil {
		return nil, err
	}
	if query, ok := statement.(*plan.Query); ok {
		frame := &DataFrame{session: s, rel: query.Relation}
		_, err := frame.resolve(ctx) // names are checked now, as Spark does
		return frame, err
	}
	return s.command(ctx, statement.(plan.Command))
}

// Table is a table or view as a frame.
func (s *Session) Table(name string) *DataFrame {
	parts, err := sql.ParseTableName(name)
	return &DataFrame{session: s, rel: &plan.NamedTable{Name: parts}, err: err}
}

// Range holds the longs from start to before end, as column "id".
func (s *Session) Range(start, end int64) *DataFrame {
	return &DataFrame{session: s, rel: &plan.Range{Start: start, End: end, Step: 1}}
}

// current is the catalog and schema that unqualified names belong to.
func (s *Session) current() (catalogName, schema string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.currentCatalog, s.currentSchema
}

// qualify completes a name of one to three parts.
func (s *Session) qualify(parts []string) (catalog.Name, error) {
	c, schema := s.current()
	return qualify(parts, catalog.Name{Catalog: c, Schema: schema})
}

func qualify(parts []string, name catalog.Name) (catalog.Name, error) {
	switch len(parts) {
	case 1:
		name.Table = parts[0]
	case 2:
		name.Schema, name.Table = parts[0], parts[1]
	case 3:
		name.Catalog, name.Schema, name.Table = parts[0], parts[1], parts[2]
	default:
		return name, errclass.TableNotFound.New("%s is no name of a table: it has %d parts.", strings.Join(parts, "."), len(parts)).
			WithHint("A name has at most three: catalog.schema.table.")
	}
	name.Catalog, name.Schema, name.Table = strings.ToLower(name.Catalog), strings.ToLower(name.Schema), strings.ToLower(name.Table)
	return name, nil
}

// guarded makes an error of a panic in f: one statement fails, the session goes on. The log gets the stack.
func guarded[T any](s *Session, f func() (T, error)) (out T, err error) {
	err = batch.Guard(func() (err error) {
		out, err = f()
		return err
	})
	s.logFault(err)
	return out, err
}

func (s *Session) logFault(err error) {
	if fault := (*batch.Fault)(nil); errors.As(err, &fault) {
		s.log.Error("the engine failed", "error", fault, "stack", string(fault.Stack))
	}
}

// logged is a query's rows; of a fault that ends them the log gets the stack.
func (s *Session) logged(in Batches) Batches {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range in {
			s.logFault(err)
			if !yield(b, err) {
				return
			}
		}
	}
}

func errStreaming() error {
	return errclass.UnsupportedStreaming.New("Queries with streaming sources must be executed with writeStream.start().")
}

func internalError(format string, args ...any) error {
	return fmt.Errorf("internal error: "+format, args...)
}
