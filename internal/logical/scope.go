package logical

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A scope is a relation being resolved, with the names that its columns answer to.
type scope struct {
	node    Node
	columns []column // one for each of the node's
	// window, where the relation computes one, is the time window that its last column holds.
	window expr.Expr
}

// A column of a scope. A hidden one is found by its qualified name only, and is not part of *: the other
// side's column of JOIN … USING.
type column struct {
	types.Field
	qualifier []string
	hidden    bool
	metadata  bool // hidden, and found by its bare name too
}

// scopeOf gives all columns of a node one qualifier.
func scopeOf(node Node, qualifier []string) *scope {
	s := &scope{node: node}
	for _, f := range node.Schema().Fields {
		s.columns = append(s.columns, column{Field: f, qualifier: qualifier})
	}
	return s
}

// over is the scope with another node that has the same columns.
func (s *scope) over(node Node) *scope {
	return &scope{node: node, columns: s.columns}
}

func (s *scope) column(i int) *expr.Column {
	c := s.columns[i]
	return expr.NewColumn(i, c.Name, c.Type, c.Nullable)
}

// visible drops the hidden columns, for who takes all columns of a relation.
func (s *scope) visible() *scope {
	out := &scope{}
	var kept []Named
	for i, c := range s.columns {
		if !c.hidden {
			kept = append(kept, Named{Expr: s.column(i), Name: c.Name, Metadata: c.Metadata})
			out.columns = append(out.columns, c)
		}
	}
	if len(kept) == len(s.columns) {
		return s
	}
	out.node = &Project{Input: s.node, Columns: kept}
	return out
}

// find resolves a name as Spark does: as catalog.schema.table.column, schema.table.column,
// table.column or column, whichever first has a match; what is left of the name are fields. The index
// is -1 where nothing matches.
func (s *scope) find(parts []string) (index int, fields []string, err error) {
	for n := min(3, len(parts)-1); n >= 0; n-- {
		matches := s.matches(parts[:n], parts[n])
		switch len(matches) {
		case 0:
			continue
		case 1:
			return matches[0], parts[n+1:], nil
		}
		return -1, nil, s.ambiguous(parts, matches)
	}
	return -1, nil, nil
}

func (s *scope) matches(qualifier []string, name string) []int {
	var found []int
	for i, c := range s.columns {
		if strings.EqualFold(c.Name, name) && c.answersTo(qualifier) {
			found = append(found, i)
		}
	}
	return found
}

func (c column) answersTo(qualifier []string) bool {
	own := c.qualifier
	if len(qualifier) == 0 {
		return !c.hidden || c.metadata
	}
	if len(qualifier) > len(own) {
		return false
	}
	for i, part := range own[len(own)-len(qualifier):] {
		if !strings.EqualFold(part, qualifier[i]) {
			return false
		}
	}
	return true
}

func (s *scope) ambiguous(parts []string, matches []int) error {
	names := make([]string, len(matches))
	for i, m := range matches {
		c := s.columns[m]
		names[i] = quoteParts(append(append([]string(nil), c.qualifier...), c.Name))
	}
	return errclass.AmbiguousReference.New("Reference %s is ambiguous, could be: [%s].", quoteParts(parts), strings.Join(names, ", "))
}

// unresolved is the error for a name that nothing in the scope answers to.
func (s *scope) unresolved(parts []string) error {
	name := quoteParts(parts)
	var candidates [][]string
	for _, c := range s.columns {
		if !c.hidden {
			candidates = append(candidates, append(append([]string(nil), c.qualifier...), c.Name))
		}
	}
	if len(candidates) == 0 {
		return errclass.UnresolvedColumnBare.New("A column, variable, or function parameter with name %s cannot be resolved.", name)
	}
	near := suggestions(parts, candidates)
	return errclass.UnresolvedColumn.New(
		"A column, variable, or function parameter with name %s cannot be resolved. Did you mean one of the following? [%s].",
		name, strings.Join(near, ", "))
}

// suggestions orders names by likeness, without the qualifiers that all of them share. As in Spark the
// candidates are quoted and the name is not, which tells in their order.
func suggestions(parts []string, candidates [][]string) []string {
	texts := make([]string, len(candidates))
	strip := 0
	switch {
	case len(parts) == 1 && sharePrefix(candidates, 1):
		strip = 1
	case len(parts) <= 2 && sharePrefix(candidates, 2):
		strip = 2
	}
	for i, c := range candidates {
		if strip > 0 {
			c = c[max(len(c)-strip, 0):]
		}
		texts[i] = quoteParts(c)
	}
	return errclass.Nearest(strings.Join(parts, "."), texts, 5)
}

// sharePrefix reports whether all names are the same but for their last parts.
func sharePrefix(names [][]string, last int) bool {
	prefix := func(n []string) string { return strings.Join(n[:max(len(n)-last, 0)], "\x00") }
	for _, n := range names {
		if prefix(n) != prefix(names[0]) {
			return false
		}
	}
	return true
}

func quoteParts(parts []string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = "`" + strings.ReplaceAll(p, "`", "``") + "`"
	}
	return strings.Join(quoted, ".")
}

// placed puts the place in the text into an error that has none.
func placed(err error, at *plan.Span) error {
	if e, ok := err.(*errclass.Error); ok && e.At == nil && at != nil { //nolint:errorlint // only the error itself is placed, not a cause of it
		e.At = at
	}
	return err
}
