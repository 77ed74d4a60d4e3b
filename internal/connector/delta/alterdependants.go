package delta

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// checkDependants refuses to change a column that CHECK constraints or generated columns are computed of.
func (a *altering) checkDependants(path []string) error {
	var lines []string
	for _, c := range constraintsOf(a.meta) {
		if names(c.text, path) {
			lines = append(lines, constraintPrefix+c.name+" -> "+c.text)
		}
	}
	if len(lines) > 0 {
		return errclass.DeltaConstraintDepends.New("Cannot alter column %s because this column is referenced by the following check constraint(s):\n%s", dotted(path), strings.Join(lines, "\n")).
			WithHint("Drop them first by ALTER TABLE … DROP CONSTRAINT.")
	}
	for _, f := range a.schema.Fields {
		if text, ok := generationOf(f); ok && names(text, path) {
			lines = append(lines, f.Name+" -> "+text)
		}
	}
	if len(lines) > 0 {
		return errclass.DeltaGeneratedDepends.New("Cannot alter column %s because this column is referenced by the following generated column(s):\n%s", dotted(path), strings.Join(lines, "\n"))
	}
	return nil
}

// names reports whether an expression names the field at a path, one inside of it or one around it. One that cannot be read may.
func names(text string, path []string) bool {
	parsed, err := sql.ParseExpression(text)
	if err != nil {
		return true
	}
	found := false
	walkText(parsed, nil, func(e plan.Expression) {
		if a, ok := e.(*plan.UnresolvedAttribute); ok && alongside(a.Parts, path) {
			found = true
		}
	})
	return found
}

// alongside reports whether one path goes on where the other ends.
func alongside(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if !strings.EqualFold(a[i], b[i]) {
			return false
		}
	}
	return true
}
