package logical

import (
	"errors"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// metadataColumn is the column that tells of each row of a file which file it is from.
const metadataColumn = "_metadata"

// A HidesColumns is a [Source] or [StreamProvider] with columns beside those of its schema, for who names them. They are no
// part of *; a column of the schema with the name of one takes its place.
type HidesColumns interface {
	MetadataColumns() []types.Field
}

func withHidden(schema types.Struct, hidden []types.Field) types.Struct {
	if len(hidden) == 0 {
		return schema
	}
	return types.Struct{Fields: append(slices.Clip(schema.Fields), hidden...)}
}

// namesMetadata tells that a query failed because nothing it knows is called _metadata.
func namesMetadata(err error) bool {
	return (errors.Is(err, errclass.UnresolvedColumn) || errors.Is(err, errclass.UnresolvedColumnBare)) &&
		strings.Contains(strings.ToLower(err.Error()), metadataColumn)
}

// withMetadata resolves a query again that names a hidden column: few queries do, and no other pays. reason is why it did not
// resolve without.
func (r *resolver) withMetadata(rel plan.Relation, reason error) (*scope, error) {
	r.metadata = map[Node]Node{}
	s, err := r.relation(rel)
	if namesMetadata(err) {
		return nil, reason
	}
	return s, err
}

// leaf is the scope of a table, of files, or of a frame.
func (r *resolver) leaf(node Node, qualifier []string) *scope {
	with := r.unhidden(node)
	s := scopeOf(with, qualifier)
	if with != node {
		for i := len(node.Schema().Fields); i < len(s.columns); i++ {
			s.columns[i].hidden, s.columns[i].metadata = true, true
		}
	}
	return s
}

// unhidden is a leaf with the columns that it hides, the same whenever it is asked for; any other node is itself.
func (r *resolver) unhidden(node Node) Node {
	if r.metadata == nil {
		return node
	}
	if with, ok := r.metadata[node]; ok {
		return with
	}
	with := node
	switch n := node.(type) {
	case *Relation:
		if hidden := hiddenBy(n.Source, n.Schema()); n.Options.Columns == nil && len(hidden) > 0 {
			out := *n
			out.Hidden = hidden
			with = &out
		}
	case *StreamRelation:
		if hidden := hiddenBy(n.Provider, n.Schema()); n.Options.Columns == nil && len(hidden) > 0 {
			out := *n
			out.Hidden = hidden
			with = &out
		}
	}
	r.metadata[node] = with
	return with
}

func hiddenBy(source any, schema types.Struct) []types.Field {
	hides, ok := source.(HidesColumns)
	if !ok {
		return nil
	}
	var fields []types.Field
	for _, f := range hides.MetadataColumns() {
		if schema.Index(f.Name) < 0 {
			fields = append(fields, f)
		}
	}
	return fields
}

// named is the scope of a relation that is given a name: what is hidden for its metadata is still there.
func (s *scope) named() *scope {
	for _, c := range s.columns {
		if c.hidden && !c.metadata {
			return s.visible()
		}
	}
	return s
}

// inputFile says which metadata the functions of the file being read stand for, and what they are where none is read.
var inputFile = map[string]struct {
	field     string
	otherwise *plan.Literal
}{
	"input_file_name":         {"file_path", &plan.Literal{Type: types.String, Value: ""}},
	"input_file_block_start":  {"file_block_start", &plan.Literal{Type: types.Long, Value: int64(-1)}},
	"input_file_block_length": {"file_block_length", &plan.Literal{Type: types.Long, Value: int64(-1)}},
}

// inputFile resolves a function of the file being read.
func (x *expressions) inputFile(f *plan.UnresolvedFunction, as struct {
	field     string
	otherwise *plan.Literal
},
) (expr.Expr, error) {
	if x.metadata == nil { // resolve again, with what leaves hide
		return nil, errclass.UnresolvedColumnBare.New("%s needs the column %s", f.Name, metadataColumn)
	}
	for _, c := range x.scope.columns {
		if c.metadata && strings.EqualFold(c.Name, metadataColumn) {
			return x.attribute(&plan.UnresolvedAttribute{At: f.At, Parts: []string{metadataColumn, as.field}})
		}
	}
	return expr.NewLiteral(as.otherwise), nil
}
