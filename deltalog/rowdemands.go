package deltalog

import (
	"maps"
	"slices"

	"lakehouse/internal/errclass"
)

const keyIdentityMark = "delta.identity.highWaterMark"

// tagIdentity marks, in commitInfo, a version that changes the metadata by no more than the marks of identity columns.
const tagIdentity = "delta.identity.schemaUpdate"

// RowsConform says that whoever made the rows of added files has held them to what the table demands: NOT NULL, CHECK constraints, invariants,
// generated, identity and default columns. These are SQL expressions, which this package does not evaluate: without the word,
// files with new rows are refused by a table that has such. Rows that were in the table before, and only come back or lie elsewhere, conform.
func (x *Txn) RowsConform() { x.conforming = true }

// AdvanceIdentity puts the last values that identity columns were given into the metadata, by the columns' names. When that is all that changes
// in the metadata, transactions at the same time that leave the metadata alone do not conflict with this one.
func (x *Txn) AdvanceIdentity(marks map[string]int64) error {
	alone := x.actions.Metadata == nil
	m := x.Metadata()
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	fields := slices.Clone(schema.Fields)
	for i, f := range fields {
		if mark, ok := marks[f.Name]; ok {
			fields[i].Metadata = maps.Clone(f.Metadata)
			fields[i].Metadata[keyIdentityMark] = mark
		}
	}
	x.UpdateMetadata(m.WithSchema(Schema{Fields: fields}))
	x.identityOnly = alone
	return nil
}

// checkRows refuses new rows that nobody has held to what the table demands.
func (x *Txn) checkRows(m *Metadata) error {
	if x.conforming || !x.addsRows() {
		return nil
	}
	demand, err := m.demand()
	if err != nil || demand == "" {
		return err
	}
	return errclass.DeltaUnsupportedWrite.New("the table has %s, which rows must be held to before they are written.", demand).
		WithHint("Write it by package medallion or by SQL.")
}

// addsRows reports whether files come that the table did not have. One that is added with another deletion vector it had.
func (x *Txn) addsRows() bool {
	removed := make(map[string]bool, len(x.actions.Removes))
	for i := range x.actions.Removes {
		removed[x.actions.Removes[i].Path] = true
	}
	return slices.ContainsFunc(x.actions.Adds, func(f AddFile) bool { return f.DataChange && !removed[f.Path] })
}

// demand names one thing that the table asks of rows beyond their types; empty: there is none.
func (m *Metadata) demand() (string, error) {
	if hasConstraint(m) {
		return "CHECK constraints", nil
	}
	schema, err := m.Schema()
	if err != nil {
		return "", err
	}
	for _, d := range []struct{ key, name string }{
		{"delta.invariants", "an invariant"}, {"delta.generationExpression", "a generated column"}, {"delta.identity.start", "an identity column"},
	} {
		if column := fieldWith(schema, d.key); column != "" {
			return d.name + " (`" + column + "`)", nil
		}
	}
	return "", nil
}

// FeatureNames are the table features that this package knows by name, whether it reads and writes them or not.
func FeatureNames() []string { return supported(func(feature) bool { return true }) }

func cloneTags(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return maps.Clone(tags)
}
