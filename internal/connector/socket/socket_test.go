package socket

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listener is the other end of the connection.
type listener struct {
	*testing.T
	options map[string]string
	conn    chan net.Conn

	mu  sync.Mutex
	log strings.Builder
}

func (l *listener) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(line)
}

func (l *listener) warned() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.String()
}

func listen(t *testing.T, options ...string) *listener {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(in.Addr().String())
	l := &listener{T: t, conn: make(chan net.Conn, 4), options: map[string]string{"host": host, "port": port}}
	for i := 0; i < len(options); i += 2 {
		l.options[options[i]] = options[i+1]
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := in.Accept()
			if err != nil {
				close(l.conn)
				return
			}
			l.conn <- conn
		}
	})
	t.Cleanup(func() {
		_ = in.Close()
		accepting.Wait()
		for c := range l.conn {
			_ = c.Close()
		}
	})
	return l
}

func (l *listener) open() stream.Source {
	l.Helper()
	p, err := New(l.options, func() time.Time { return time.UnixMilli(1234) }, slog.New(slog.NewTextHandler(l, nil)))
	if err != nil {
		l.Fatal(err)
	}
	s, err := p.Open(l.Context(), stream.SourceStart{})
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = s.Stop() })
	return s
}

// until asks for the latest offset until it is the wanted one: lines take their time.
func (l *listener) until(s stream.Source, start stream.Offset, want string) stream.Offset {
	l.Helper()
	for range 10_000 {
		end, err := s.Latest(l.Context(), 0, start, stream.LimitByOptions)
		if err != nil {
			l.Fatal(err)
		}
		if string(end) == want {
			return end
		}
		select {
		case <-l.Context().Done():
		case <-time.After(time.Millisecond):
		}
	}
	l.Fatalf("offset %s is not reached", want)
	return nil
}

func (l *listener) rows(s stream.Source, start, end stream.Offset) string {
	l.Helper()
	source, err := s.Rows(l.Context(), start, end)
	if err != nil {
		l.Fatal(err)
	}
	var out []string
	for piece, err := range source.Scan(l.Context(), logical.ScanOptions{}) {
		if err != nil {
			l.Fatal(err)
		}
		for b, err := range piece.Read(l.Context()) {
			if err != nil {
				l.Fatal(err)
			}
			for i := range int(b.NumRows()) {
				var cells []string
				for _, c := range b.Columns() {
					cells = append(cells, c.ValueStr(i))
				}
				out = append(out, strings.Join(cells, "@"))
			}
		}
	}
	return strings.Join(out, "|")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// Lines come as rows, in their order, once; what is committed is forgotten.
func TestLinesAreRows(t *testing.T) {
	l := listen(t, "includeTimestamp", "TRUE")
	s := l.open()
	start := l.until(s, nil, "-1")
	conn := <-l.conn
	defer func() { _ = conn.Close() }()
	equal(t, "batch 0", l.rows(s, nil, start), "")
	fmt.Fprint(conn, "one\r\ntwo\nthr")
	first := l.until(s, start, "1")
	equal(t, "batch 1", l.rows(s, start, first), "one@1970-01-01T00:00:01.234Z|two@1970-01-01T00:00:01.234Z")
	equal(t, "again", l.rows(s, start, first), "one@1970-01-01T00:00:01.234Z|two@1970-01-01T00:00:01.234Z")
	fmt.Fprint(conn, "ee\n\xff\n")
	second := l.until(s, first, "3")
	if err := s.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	equal(t, "batch 2", l.rows(s, first, second), "three@1970-01-01T00:00:01.234Z|\uFFFD@1970-01-01T00:00:01.234Z")
	if _, err := s.Rows(t.Context(), start, first); err == nil {
		t.Error("lines that were committed are given again")
	}
	equal(t, "description", s.Description(), "TextSocketV2[host: 127.0.0.1, port: "+l.options["port"]+"]")
}

// A query that starts again goes on counting, with the lines that come then; those of a batch cut short are gone, and it is
// said.
func TestNothingIsReplayed(t *testing.T) {
	l := listen(t)
	s := l.open()
	equal(t, "the batch that was cut short", l.rows(s, stream.Offset("4"), stream.Offset("6")), "")
	if !strings.Contains(l.warned(), "does not support recovery") {
		t.Errorf("no warning: %s", l.warned())
	}
	conn := <-l.conn
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "new\n")
	end := l.until(s, stream.Offset("6"), "7")
	equal(t, "rows", l.rows(s, stream.Offset("6"), end), "new")

	again := l.open()
	start := l.until(again, stream.Offset("7"), "7")
	conn = <-l.conn
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "newer\n")
	end = l.until(again, start, "8")
	equal(t, "rows after a restart", l.rows(again, start, end), "newer")
}

// When the other end hangs up the query goes on, without new lines.
func TestTheOtherEndHangsUp(t *testing.T) {
	l := listen(t)
	s := l.open()
	start := l.until(s, nil, "-1")
	conn := <-l.conn
	fmt.Fprint(conn, "last")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	end := l.until(s, start, "0")
	equal(t, "rows", l.rows(s, start, end), "last")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(l.warned(), "Stream closed by 127.0.0.1:") {
		t.Errorf("no warning: %s", l.warned())
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		given map[string]string
		want  string
	}{
		{nil, `Set a host to read from with option("host", ...).`},
		{map[string]string{"host": "h"}, `Set a port to read from with option("port", ...).`},
		{map[string]string{"host": "h", "port": "99999"}, "Invalid value '99999' for option 'port'"},
		{map[string]string{"host": "h", "port": "1", "includeTimestamp": "1"}, `IncludeTimestamp must be set to either "true" or "false".`},
		{map[string]string{"host": "h", "prt": "1"}, "Did you mean `port`?"},
	} {
		_, err := New(test.given, time.Now, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: got %v, want %s", test.given, err, test.want)
		}
	}
	l := listen(t)
	s := l.open()
	for _, text := range []string{"x", "-2", "null", "{}"} {
		if _, err := s.Latest(t.Context(), 0, stream.Offset(text), stream.LimitByOptions); err == nil {
			t.Errorf("offset %q is taken", text)
		}
	}
}
