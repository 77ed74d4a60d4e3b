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
	"runtime"
	"strconv"
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
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/state"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
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

// tempView is a name of one session: a query, or the content of a memory sink.
type tempView struct {
	rel    plan.Relation
	source func() logical.Source // the content of now
	schema Schema
}

// The settings that the session itself reads, with their defaults.
const (
	confTimeZone    = "spark.sql.session.timeZone"
	confANSI        = "spark.sql.ansi.enabled"
	confCheckpoint  = "spark.sql.streaming.checkpointLocation"
	confPartitions  = "spark.sql.shuffle.partitions"
	confMemoryLimit = "lakehouse.memory.limit"
	confStateMemory = "lakehouse.state.memory"
	confMinDeltas   = "spark.sql.streaming.stateStore.minDeltasForSnapshot"
	confWorkers     = "lakehouse.workers"
	confInference   = "spark.sql.streaming.schemaInference"
	confRescuedPath = "spark.databricks.sql.rescuedDataColumn.filePath.enabled"
	confWatermarks  = "spark.sql.streaming.multipleWatermarkPolicy"
	confNoData      = "spark.sql.streaming.noDataMicroBatches.enabled"
)

// settings documents them. Where the default depends on the machine, Doc says it.
var settings = append(option.Table{
	{Name: confTimeZone, Default: "UTC", Doc: "The time zone in which timestamps are parsed, taken apart and shown."},
	{Name: confANSI, Kind: option.Bool, Default: "true", Doc: "Whether overflow, division by zero and casts that fail are errors; else they give null."},
	{Name: confCheckpoint, Doc: "The folder above the checkpoints of streams that name none; each takes the sub-folder of its query's name."},
	{Name: confPartitions, Kind: option.Positive, Doc: "Into how many parts the state of a streaming aggregate is split; by default the number of cores."},
	{Name: confInference, Kind: option.Bool, Default: "false", Doc: "Whether a file stream without a schema takes it from the files that are there at its start."},
	{Name: confRescuedPath, Kind: option.Bool, Default: "true", Doc: "Whether the rescued-data column names the file that the data is from."},
	{Name: confWatermarks, Default: "min", Doc: "Whether the watermark of a stream with several withWatermark is the least of theirs (min) or the latest (max). A checkpoint keeps what it was made with."},
	{Name: confNoData, Kind: option.Bool, Default: "true", Doc: "Whether a stream runs a batch without data when its watermark has moved and closes something."},
	{Name: confSampleFiles, Kind: option.Positive, Default: "1000", Doc: "At most so many files are looked at to infer the columns of an Auto Loader stream."},
	{Name: confSampleBytes, Kind: option.Bytes, Default: "50g", Doc: "Likewise, at most so many bytes, but always one file."},
	{Name: confMemoryLimit, Kind: option.Bytes, Default: "4g", Doc: "The memory that queries may hold; past it they fail."},
	{Name: confStateMemory, Kind: option.Bytes, Doc: "How much of the keys and values that streams remember stays in memory, the rest in files in TMPDIR; by default half of lakehouse.memory.limit."},
	{Name: confMinDeltas, Kind: option.Positive, Default: "10", Doc: "After how many versions of its changes a state is written as a whole; a large one waits until they are half of it."},
	{Name: confWorkers, Kind: option.Positive, Doc: "How many cores a query uses; by default all."},
}, tabledSettings()...)

func defaultConf() map[string]string {
	cores := strconv.Itoa(runtime.GOMAXPROCS(0))
	return map[string]string{
		confTimeZone: "UTC", confANSI: "true", confPartitions: cores, confWorkers: cores,
		confMinDeltas:   "10",
		confMemoryLimit: "4g", confSampleFiles: "1000", confSampleBytes: "50g", confInference: "false", confWatermarks: "min", confNoData: "true", confRescuedPath: "true",
	}
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

// Conf is a setting; empty when it is not set.
func (s *Session) Conf(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conf[key]
}

// SetConf changes a setting. A value that the session cannot use is refused.
func (s *Session) SetConf(key, value string) error {
	invalid := func(rule string) error {
		return errclass.InvalidConfValue.New("The value '%s' in the config \"%s\" is invalid: %s", value, key, rule)
	}
	if s3.IsSetting(key) {
		return s.setBucketConf(key, value)
	}
	if err := checkSetting(key); err != nil {
		return err
	}
	switch key {
	case confTimeZone:
		if _, ok := expr.ParseZone(value); !ok {
			return invalid("it is no time zone.")
		}
	case confANSI, confInference, confNoData, confRescuedPath:
		value = strings.ToLower(value)
		if value != "true" && value != "false" {
			return invalid("it should be boolean.")
		}
	case confWatermarks:
		if _, err := stream.ParseWatermarkPolicy(value); err != nil {
			return err
		}
		value = strings.ToLower(value)
	case confPartitions, confWorkers, confMinDeltas, confSampleFiles:
		if n, err := strconv.Atoi(value); err != nil || n <= 0 {
			return invalid("it should be a positive integer.")
		}
	case confSampleBytes:
		if _, err := option.ParseBytes(value); err != nil {
			return invalid("it should be a size such as 50g.")
		}
	case confMemoryLimit:
		n, err := option.ParseBytes(value)
		if err != nil {
			return invalid("it should be a size such as 4g.")
		}
		s.memory.SetLimit(n)
	case confStateMemory:
		if _, err := option.ParseBytes(value); err != nil {
			return invalid("it should be a size such as 2g.")
		}
	}
	value, _, err := streamSetting(key, value)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf[key] = value
	return nil
}

// stateMemory is the limit of what states keep on the heap, as it is set now.
func (s *Session) stateMemory() int64 {
	if set := s.Conf(confStateMemory); set != "" {
		n, _ := option.ParseBytes(set) // SetConf has checked it
		return n
	}
	n, _ := option.ParseBytes(s.Conf(confMemoryLimit))
	return n / 2
}

func (s *Session) confInt(key string) int {
	n, _ := strconv.Atoi(s.Conf(key)) // SetConf has checked it
	return n
}

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

func (s *Session) setTempView(name string, v tempView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views[strings.ToLower(name)] = v
}

func (s *Session) tempView(name string) (tempView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.views[strings.ToLower(name)]
	return v, ok
}

func (s *Session) dropTempView(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.views[strings.ToLower(name)]
	delete(s.views, strings.ToLower(name))
	return ok
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
