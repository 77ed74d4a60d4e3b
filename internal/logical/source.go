package logical

import (
	"context"
	"iter"
	"strings"

	"lakehouse/internal/batch"
	"lakehouse/internal/plan"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A Node is a resolved relation. Its expressions are bound, by position, to the columns of its
// children (a join's to the left's followed by the right's).
type Node interface {
	Schema() types.Struct
	Children() []Node
	WithChildren(children []Node) Node
	// String describes the node in one line, for EXPLAIN.
	String() string
}

// A Source is a relation that can be scanned: a version of a table, a set of files, rows in memory.
type Source interface {
	Schema() types.Struct
	// String names the source for EXPLAIN and progress: "delta /Volumes/…@3".
	String() string
	// Scan gives the pieces that together hold the wanted columns of every row for which the
	// predicate holds; other rows may be among them.
	Scan(ctx context.Context, opts ScanOptions) iter.Seq2[batch.Piece, error]
}

// A Renewable source stands for what is the newest: joined with a stream, each batch reads it anew.
type Renewable interface {
	Source
	Renew(ctx context.Context) (Source, error)
}

// ScanOptions narrows a scan.
type ScanOptions struct {
	// Columns are top-level columns, spelled and ordered as the batches shall have them. Nil: all,
	// in schema order; empty: none, only the number of rows counts.
	Columns []string
	Where   predicate.Predicate // nil: all rows
}

// A StreamProvider stands for a streaming source that is not yet running. Package stream says what
// more it must be able to do.
type StreamProvider interface {
	Schema() types.Struct
	String() string
}

// A Catalog finds what names stand for.
type Catalog interface {
	// Table resolves a table or view: to a Relation, a StreamRelation, or a view's plan.
	// An unknown name is an error of class TABLE_OR_VIEW_NOT_FOUND.
	Table(ctx context.Context, table *plan.NamedTable) (Node, error)
	// DataSource resolves a read by format and options.
	DataSource(ctx context.Context, source *plan.DataSource) (Node, error)
	// TableFunction resolves a function in FROM that is none of the language's own (range, explode …).
	// An unknown name is [UnknownTableFunction].
	TableFunction(ctx context.Context, call *TableCall) (Node, error)
}

// A Relation is a leaf with rows.
type Relation struct {
	Name    []string // as the user may qualify its columns: ["spark_catalog", "default", "t"]; may be empty
	Source  Source
	Options ScanOptions   // what the plan needs of the source; set by Optimize
	Stream  bool          // it stands for a StreamRelation: it holds the rows of one micro-batch
	Hidden  []types.Field // columns of the source that are there because the query names them; see metadata.go
}

// A StreamRelation is a leaf of a streaming query.
type StreamRelation struct {
	Name     []string
	Provider StreamProvider
	Options  ScanOptions   // as a Relation's
	Hidden   []types.Field // as a Relation's
}

// Schema is the wanted columns of the source's.
func (r *Relation) Schema() types.Struct {
	return narrow(withHidden(r.Source.Schema(), r.Hidden), r.Options.Columns)
}

// Children is empty.
func (r *Relation) Children() []Node { return nil }

// WithChildren is the relation itself.
func (r *Relation) WithChildren([]Node) Node { return r }

// String is the plan's line: the source, then the columns and the conditions that it was handed.
func (r *Relation) String() string { return "Relation " + r.Source.String() + r.Options.describe() }

// Schema is the wanted columns of the provider's.
func (r *StreamRelation) Schema() types.Struct {
	return narrow(withHidden(r.Provider.Schema(), r.Hidden), r.Options.Columns)
}

// Children is empty.
func (r *StreamRelation) Children() []Node { return nil }

// WithChildren is the relation itself.
func (r *StreamRelation) WithChildren([]Node) Node { return r }

// String is the plan's line: the provider, then the columns and the conditions that it was handed.
func (r *StreamRelation) String() string {
	return "StreamRelation " + r.Provider.String() + r.Options.describe()
}

// narrow is the schema of a scan of some columns.
func narrow(schema types.Struct, columns []string) types.Struct {
	if columns == nil {
		return schema
	}
	fields := make([]types.Field, len(columns))
	for i, name := range columns {
		fields[i] = schema.Fields[schema.Index(name)]
	}
	return types.Struct{Fields: fields}
}

func (o ScanOptions) describe() string {
	text := ""
	if o.Columns != nil {
		text += " columns=[" + strings.Join(o.Columns, ", ") + "]"
	}
	if o.Where != nil {
		text += " pushed=" + describePredicate(o.Where)
	}
	return text
}
