package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A Stream is a source whose rows a test adds. It outlives the queries that read it, each from where its checkpoint says; it does
// not outlive the process. Its offset is the number of the last addition, as Spark's MemoryStream has it.
type Stream struct {
	schema types.Struct

	mu    sync.Mutex
	added [][]arrow.RecordBatch
}

var _ stream.Provider = (*Stream)(nil)

// NewStream makes a stream without rows.
func NewStream(schema types.Struct) *Stream { return &Stream{schema: schema} }

// Schema is the rows'.
func (s *Stream) Schema() types.Struct { return s.schema }

// String is Spark's description.
func (s *Stream) String() string {
	names := make([]string, len(s.schema.Fields))
	for i, f := range s.schema.Fields {
		names[i] = f.Name
	}
	return "MemoryStream[" + strings.Join(names, ",") + "]"
}

// Add adds rows: a batch takes all that was added before it was planned.
func (s *Stream) Add(rows ...arrow.RecordBatch) {
	for _, b := range rows {
		for _, c := range b.Columns() {
			expr.SettleNulls(c) // queries read them at once
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added = append(s.added, rows)
}

// Open gives the source of one query.
func (s *Stream) Open(context.Context, stream.SourceStart) (stream.Source, error) {
	return &reading{Stream: s, frozen: -1}, nil
}

// reading is the stream as one query reads it.
type reading struct {
	*Stream
	frozen int // so many additions are read under availableNow; -1: all
}

// Description is Spark's.
func (r *reading) Description() string { return r.String() }

// Latest is the last addition.
func (r *reading) Latest(_ context.Context, _ int64, start stream.Offset, _ stream.ReadLimit) (stream.Offset, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, err := r.after(start)
	if err != nil {
		return nil, err
	}
	end := len(r.added)
	if r.frozen >= 0 {
		end = max(from, r.frozen)
	}
	if end == from {
		return start, nil
	}
	return json.RawMessage(strconv.Itoa(end - 1)), nil
}

// after is how many additions an offset covers. It needs r.mu.
func (r *reading) after(offset stream.Offset) (int, error) {
	if offset == nil {
		return 0, nil
	}
	last, err := strconv.Atoi(string(offset))
	if err != nil || last < 0 {
		return 0, errclass.SourcesChanged.New("%s is no offset of a memory stream.", offset)
	}
	if last >= len(r.added) {
		return 0, errclass.SourcesChanged.New("The checkpoint has read %d additions of %s, which has %d.", last+1, r, len(r.added)).
			WithHint("A memory stream lives as long as its process: a query that reads it needs a new checkpoint with it.")
	}
	return last + 1, nil
}

// Freeze keeps what is added later for the next run.
func (r *reading) Freeze(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = len(r.added)
	return nil
}

// Rows are the additions after start up to end.
func (r *reading) Rows(_ context.Context, start, end stream.Offset) (logical.Source, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, err := r.after(start)
	if err != nil {
		return nil, err
	}
	to, err := r.after(end)
	if err != nil {
		return nil, err
	}
	if to < from {
		return nil, fmt.Errorf("internal error: rows of %s from %s to %s", r, start, end)
	}
	return Rows(r.schema, slices.Concat(r.added[from:to]...)), nil
}

// Commit keeps the rows: another query may read them.
func (r *reading) Commit(context.Context, stream.Offset) error { return nil }

// Stop has nothing to end.
func (r *reading) Stop() error { return nil }
