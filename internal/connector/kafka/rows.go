package kafka

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// rows are the records of ranges as a relation.
type rows struct {
	name    string
	schema  types.Struct
	opts    ReadOptions
	fetch   fetchOptions
	cluster *connection
	// ranges are what to read. A relation at rest finds them anew for each scan.
	ranges func(ctx context.Context, c *cluster) ([]offsetRange, error)
}

var _ logical.Source = (*rows)(nil)

func (r *rows) Schema() types.Struct { return r.schema }

func (r *rows) String() string { return r.name }

// Scan gives a piece for each range, by topic, partition and offset.
func (r *rows) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		c, err := r.cluster.hold()
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.cluster.release()
		ranges, err := r.ranges(ctx, c)
		if err != nil {
			yield(nil, err)
			return
		}
		schema := r.schema
		if opts.Columns != nil {
			schema = types.Struct{}
			for _, name := range opts.Columns {
				schema.Fields = append(schema.Fields, r.schema.Fields[r.schema.Index(name)])
			}
		}
		for _, in := range ranges {
			if !yield(&piece{rows: r, schema: schema, in: in}, nil) {
				return
			}
		}
	}
}

// piece is one range.
type piece struct {
	rows   *rows
	schema types.Struct
	in     offsetRange
}

// recordSize is what a record is taken to have, for sharing work out.
const recordSize = 256

func (p *piece) Size() int64 { return p.in.size() * recordSize }

// Read fetches in a goroutine of its own, one answer ahead of the decoding.
func (p *piece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		c, err := p.rows.cluster.hold()
		if err != nil {
			yield(nil, err)
			return
		}
		defer p.rows.cluster.release()
		ctx, cancel := context.WithCancel(ctx)
		answers := make(chan fetched, 1)
		var fetching sync.WaitGroup
		fetching.Go(func() {
			defer close(answers)
			err := batch.Guard(func() error { return fetchAll(ctx, newFetcher(c, p.in, p.rows.fetch), answers) })
			if err != nil {
				send(ctx, answers, fetched{err: err})
			}
		})
		defer fetching.Wait()
		defer cancel()
		if err := p.decode(answers, yield); err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		} else if err == nil && ctx.Err() != nil {
			yield(nil, ctx.Err())
		}
	}
}

// fetched is an answer, or why there is none.
type fetched struct {
	answer
	err error
}

func send(ctx context.Context, answers chan<- fetched, a fetched) bool {
	select {
	case answers <- a:
		return true
	case <-ctx.Done():
		return false
	}
}

func fetchAll(ctx context.Context, f *fetcher, answers chan<- fetched) error {
	for {
		a, done, err := f.next(ctx)
		if done || err != nil {
			return err
		}
		if !send(ctx, answers, fetched{answer: a}) {
			return nil
		}
	}
}

// errStopped says that the walker wants no more.
var errStopped = errors.New("no more rows are wanted")

func (p *piece) decode(answers <-chan fetched, yield func(arrow.RecordBatch, error) bool) error {
	d := &decoder{from: p.in.from, until: p.in.until, crcs: p.rows.fetch.crcs, committed: p.rows.opts.values.String("kafka.isolation.level") == "read_committed"}
	cols := newColumns(p.in.topicPartition, p.schema)
	flush := func() error {
		if cols.rows > 0 && !yield(cols.take(), nil) {
			return errStopped
		}
		return nil
	}
	for a := range answers {
		if a.err != nil {
			return a.err
		}
		err := d.decode(a.answer, func(r *record) error {
			if cols.full(len(r.key) + len(r.value) + len(r.headers)) {
				if err := flush(); err != nil {
					return err
				}
			}
			return cols.add(r)
		})
		if err != nil {
			return err
		}
	}
	return flush()
}
