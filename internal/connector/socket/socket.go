// Package socket reads lines of text from a TCP connection as a stream: Spark's source "socket", for tutorials and tests. What was
// read is not kept: a query that starts again does not see it again.
package socket

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// OptionTable lists the source's options.
var OptionTable = option.Table{
	{Name: "host", Doc: "The host to connect to. It must be given."},
	{Name: "port", Doc: "The port to connect to. It must be given."},
	{Name: "includeTimestamp", Default: "false", Doc: "Whether there is a column timestamp: when the line came."},
	{Name: "numPartitions", Kind: option.Positive, Doc: "Into how many parts the lines of a batch are dealt out. It changes their order alone: they stay in theirs."},
}

// maxWaiting bounds the lines that were read and not yet committed; maxLine bounds one.
const (
	maxWaiting = 256 << 20
	maxLine    = 64 << 20
)

// A Provider is the source before a query reads it.
type Provider struct {
	host      string
	port      int
	timestamp bool
	clock     func() time.Time
	log       *slog.Logger
}

var _ stream.Provider = (*Provider)(nil)

// New checks the options.
func New(given map[string]string, clock func() time.Time, log *slog.Logger) (*Provider, error) {
	log.Warn("The socket source should not be used for production applications! It does not support recovery.")
	v, err := OptionTable.Parse(given)
	if err != nil {
		return nil, err
	}
	if !v.Has("host") {
		return nil, errclass.SocketHost.New(`Set a host to read from with option("host", ...).`)
	}
	if !v.Has("port") {
		return nil, errclass.SocketPort.New(`Set a port to read from with option("port", ...).`)
	}
	port, err := strconv.Atoi(v.String("port"))
	if err != nil || port < 1 || port > 65535 {
		return nil, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'port', must be an integer from 1 to 65535", v.String("port"))
	}
	include := strings.ToLower(v.String("includeTimestamp"))
	if include != "true" && include != "false" {
		return nil, errclass.SocketTimestamp.New("IncludeTimestamp must be set to either \"true\" or \"false\".")
	}
	return &Provider{host: v.String("host"), port: port, timestamp: include == "true", clock: clock, log: log}, nil
}

// Schema is value, and timestamp where it is asked for.
func (p *Provider) Schema() types.Struct {
	s := types.Struct{Fields: []types.Field{{Name: "value", Type: types.String, Nullable: true}}}
	if p.timestamp {
		s.Fields = append(s.Fields, types.Field{Name: "timestamp", Type: types.Timestamp, Nullable: true})
	}
	return s
}

// String is Spark's.
func (p *Provider) String() string {
	return "TextSocketV2[host: " + p.host + ", port: " + strconv.Itoa(p.port) + "]"
}

// Open makes the source for a query. It connects with the first batch.
func (p *Provider) Open(context.Context, stream.SourceStart) (stream.Source, error) {
	s := &source{Provider: p, committed: -1, current: -1}
	s.room = sync.NewCond(&s.mu)
	return s, nil
}

type line struct {
	text string
	came int64 // microseconds since the epoch
}

// source holds the lines that have come and are not yet committed. Offsets count lines from 0; -1 is before the first.
type source struct {
	*Provider
	reading sync.WaitGroup
	conn    net.Conn // touched by the query's goroutine alone
	frozen  bool
	end     int64 // under availableNow

	mu        sync.Mutex
	room      *sync.Cond // of mu: lines were committed, or the source stops
	lines     []line     // committed+1 … current
	bytes     int
	committed int64
	current   int64
	stopped   bool
}

func (s *source) Description() string { return s.String() }

// connect starts reading lines.
func (s *source) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return err
	}
	s.conn = conn
	s.reading.Go(func() {
		if err := batch.Guard(func() error { return s.read(conn) }); err != nil {
			s.log.Warn("the socket source reads no more", "source", s.String(), "error", err)
		}
	})
	return nil
}

func (s *source) read(conn io.Reader) error {
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	for in.Scan() {
		if !s.keep(line{strings.ToValidUTF8(strings.TrimSuffix(in.Text(), "\r"), "\uFFFD"), s.clock().UnixMilli() * 1000}) {
			return nil
		}
	}
	if err := in.Err(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	s.log.Warn("Stream closed by " + net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	return nil
}

// keep waits until there is room. It reports whether to go on.
func (s *source) keep(l line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bytes > maxWaiting && !s.stopped {
		s.room.Wait()
	}
	s.lines = append(s.lines, l)
	s.bytes += len(l.text)
	s.current++
	return !s.stopped
}

// Freeze ends the query with what has come so far.
func (s *source) Freeze(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen, s.end = true, s.current
	return nil
}

// Latest is the last line that has come.
func (s *source) Latest(ctx context.Context, _ int64, start stream.Offset, _ stream.ReadLimit) (stream.Offset, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	at, err := parseOffset(start)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume(at)
	end := s.current
	if s.frozen {
		end = min(end, max(s.end, at))
	}
	return strconv.AppendInt(nil, end, 10), nil
}

// resume has a query that goes on count from where it stopped; the lines of before are gone.
func (s *source) resume(at int64) {
	if behind := at - s.committed; s.committed == -1 && s.current < at && behind > 0 {
		s.committed, s.current = at, at+int64(len(s.lines))
		if s.frozen {
			s.end += behind
		}
	}
}

// Rows are the lines between two offsets.
func (s *source) Rows(ctx context.Context, start, end stream.Offset) (logical.Source, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	from, err := parseOffset(start)
	if err != nil {
		return nil, err
	}
	until, err := parseOffset(end)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if until > s.current { // a batch that a run before planned: its lines are gone
		s.log.Warn("The lines of a batch are gone: the socket source does not support recovery.", "source", s.String(), "from", from, "to", until)
		s.committed, s.current = until, until+int64(len(s.lines))
		return &rows{name: s.String(), schema: s.Schema()}, nil
	}
	first, last := from-s.committed, until-s.committed
	if first < 0 || last < first || last > int64(len(s.lines)) {
		return nil, errclass.MalformedLogFile.New("The checkpoint's offsets %d and %d do not fit to the lines that have come.", from, until)
	}
	return &rows{name: s.String(), schema: s.Schema(), lines: s.lines[first:last:last]}, nil
}

// Commit forgets lines.
func (s *source) Commit(_ context.Context, end stream.Offset) error {
	to, err := parseOffset(end)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(max(to-s.committed, 0), int64(len(s.lines)))
	for _, l := range s.lines[:n] {
		s.bytes -= len(l.text)
	}
	s.lines, s.committed = s.lines[n:], s.committed+n
	s.room.Broadcast()
	return nil
}

// Stop closes the connection and waits for the reader.
func (s *source) Stop() error {
	s.mu.Lock()
	s.stopped = true
	s.room.Broadcast()
	s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.reading.Wait()
	return err
}

func parseOffset(o stream.Offset) (int64, error) {
	if o == nil {
		return -1, nil
	}
	var n *int64
	if err := json.Unmarshal(o, &n); err != nil || n == nil || *n < -1 {
		return 0, errclass.MalformedLogFile.New("The checkpoint's offset %.100s is not that of a socket source.", o).WithHint("Start the query with a new checkpoint.")
	}
	return *n, nil
}

// rows are lines as a relation.
type rows struct {
	name   string
	schema types.Struct
	lines  []line
}

func (r *rows) Schema() types.Struct { return r.schema }

func (r *rows) String() string { return r.name }

// Scan gives the lines as one piece.
func (r *rows) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	columns := opts.Columns
	if columns == nil {
		columns = r.schema.Names()
	}
	return func(yield func(batch.Piece, error) bool) {
		if len(r.lines) > 0 {
			yield(&piece{r, columns}, nil)
		}
	}
}

type piece struct {
	*rows
	columns []string
}

// Size is the bytes of the lines.
func (p *piece) Size() (n int64) {
	for _, l := range p.lines {
		n += int64(len(l.text))
	}
	return n
}

// Read gives the lines.
func (p *piece) Read(context.Context) batch.Seq {
	var fields []types.Field
	for _, name := range p.columns {
		fields = append(fields, p.schema.Fields[p.schema.Index(name)])
	}
	to := types.ToArrowSchema(types.Struct{Fields: fields})
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rest := p.lines; len(rest) > 0; {
			n := min(len(rest), batch.TargetRows)
			if !yield(batchOf(to, rest[:n]), nil) {
				return
			}
			rest = rest[n:]
		}
	}
}

func batchOf(to *arrow.Schema, lines []line) arrow.RecordBatch {
	columns := make([]arrow.Array, to.NumFields())
	for i, f := range to.Fields() {
		switch build := array.NewBuilder(memory.DefaultAllocator, f.Type).(type) {
		case *array.StringBuilder:
			for _, l := range lines {
				build.Append(l.text)
			}
			columns[i] = build.NewArray()
		case *array.TimestampBuilder:
			for _, l := range lines {
				build.Append(arrow.Timestamp(l.came))
			}
			columns[i] = build.NewArray()
		}
	}
	return array.NewRecordBatch(to, columns, int64(len(lines)))
}
