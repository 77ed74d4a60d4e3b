package autoloader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A Watch is a decoder that notes what files hold beyond the schema.
type Watch struct {
	Decoder
	// Noted tells what was noted so far: the fields that the schema lacks, and whether values did not fit their columns.
	Noted func() (unknown []string, misfits bool)
}

// A lineage is the providers of one load, whose columns grow. Plans that are made take the newest; queries that run keep
// theirs.
type lineage struct {
	mu     sync.Mutex
	newest *Provider
}

// Newest is the provider with the newest columns that a query of this load has found. Where columns do not grow it is the
// provider itself.
func (p *Provider) Newest() *Provider {
	p.lineage.mu.Lock()
	defer p.lineage.mu.Unlock()
	return p.lineage.newest
}

// advance makes the next version of the columns the newest. It is durable already.
func (p *Provider) advance(version int64, c columns) {
	next := *p
	next.version, next.columns = version, c
	next.schema = next.rowSchema()
	p.lineage.mu.Lock()
	defer p.lineage.mu.Unlock()
	if p.lineage.newest.version < version {
		p.lineage.newest = &next
	}
}

// rowSchema is the columns as rows have them: the files' own, what is rescued, and the folders'.
func (p *Provider) rowSchema() types.Struct {
	out := types.Struct{}
	for _, f := range p.columns.data.Fields {
		if p.columns.partitions.Index(f.Name) < 0 {
			out.Fields = append(out.Fields, f)
		}
	}
	if name := p.config.RescuedColumn; name != "" && out.Index(name) < 0 {
		out.Fields = append(out.Fields, types.Field{Name: name, Type: types.String, Nullable: true})
	}
	for _, f := range p.columns.partitions.Fields {
		if i := p.columns.data.Index(f.Name); i >= 0 {
			f = p.columns.data.Fields[i]
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// watches tells that the decoder has to note fields that the schema lacks.
func (p *Provider) watches() bool {
	mode := p.config.Inference.Evolution
	return p.config.Watch != nil && (mode.adds() || mode == FailOnNewColumns)
}

// evolution is the part of a batch's rows that meets new fields. Pieces are read by several goroutines; one looks, once.
type evolution struct {
	watch  Watch
	mu     sync.Mutex
	looked bool
	err    error
}

// evolve is called when a piece has been read. An error says that the schema is another now, or that the stream may not go
// on: the batch is to be read again.
func (r *rows) evolve(ctx context.Context) error {
	e := r.evolution
	if e == nil {
		return nil
	}
	unknown, misfits := e.watch.Noted()
	mode := r.source.config.Inference.Evolution
	if len(unknown) == 0 && (!misfits || mode != AddNewColumnsWithTypeWidening) {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.looked && (e.err != nil || mode != FailOnNewColumns) {
		return e.err
	}
	e.looked = true
	if mode == FailOnNewColumns {
		e.err = newFields(unknown, false).WithHint("Add the columns to the schema or to cloudFiles.schemaHints, or take the file away.")
		return e.err
	}
	e.err = r.widen(ctx)
	return e.err
}

// widen infers the columns of all files of the batch, and writes down the wider schema. What brings no column (a name in
// another letter case, a value that no type of its column may hold) stays with the rescued values.
func (r *rows) widen(ctx context.Context) error {
	p := r.source.Provider
	var all []files.File
	for _, f := range r.files {
		file, err := fileAt(ctx, f.place)
		if err != nil {
			return fmt.Errorf("infer new columns: %w", err)
		}
		all = append(all, file)
	}
	found, err := p.infer(ctx, all)
	if err != nil {
		return fmt.Errorf("infer new columns: %w", err)
	}
	w := &widening{types: p.config.Inference.Evolution == AddNewColumnsWithTypeWidening, dates: p.config.Format == "parquet"}
	wider, err := p.withHints(columns{data: w.merge(p.columns.data, found, ""), partitions: p.columns.partitions})
	if err != nil {
		return err
	}
	if wider.equal(p.columns) {
		return nil
	}
	version := max(p.version, 0) + 1
	err = p.schemas.add(ctx, version, wider)
	if errors.Is(err, errclass.ConcurrentStreamLogUpdate) { // another stream of this schema grew it: the batch is read over that one
		version, wider, err = p.schemas.latest(ctx)
		if err == nil {
			wider, err = p.withHints(wider)
		}
	}
	if err != nil {
		return err
	}
	p.advance(version, wider)
	p.config.Log.InfoContext(ctx, "the schema of a stream has grown", "schema", p.schemas.uri, "version", version, "columns", w.joined)
	if p.config.Inference.GoOn {
		return fmt.Errorf("%w: %w", stream.ErrReplan, newFields(w.joined, true))
	}
	return newFields(w.joined, true).WithHint("The new schema is kept in %s: start the query again.", p.schemas.uri)
}

func newFields(names []string, retry bool) *errclass.Error {
	return errclass.UnknownFieldsInFile.New("Encountered unknown fields during parsing: [%s], which can be fixed by an automatic retry: %t.",
		strings.Join(names, ","), retry)
}
