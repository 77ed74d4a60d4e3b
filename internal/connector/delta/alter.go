package delta

import (
	"context"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// AlterOptions says how a table is altered.
type AlterOptions struct {
	Name    string       // of the table, for messages
	Eval    expr.Context // for the check of rows against a new constraint
	Workers int
}

// Alter changes what a table is, by one commit; what writes files anew, or gives them numbers, by some before it. RENAME TO, SET LOCATION and DROP
// FEATURE are not of the log's metadata, and not for here.
func Alter(ctx context.Context, t Table, action plan.AlterAction, opts AlterOptions) error {
	a, err := newAltering(ctx, t, opts)
	if err != nil {
		return err
	}
	if rest, removes := a.withoutUnmapping(action); removes {
		return a.unmap(action, rest)
	}
	done, err := a.apply(action)
	if err == nil && !done && a.startsTracking() {
		done, err = a.applyTracked(action)
	}
	if err != nil || done {
		return err
	}
	return a.commit()
}

func newAltering(ctx context.Context, t Table, opts AlterOptions) (*altering, error) {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	a := &altering{ctx: ctx, table: t, opts: opts, snap: snap, meta: snap.Metadata()}
	a.meta.Configuration = cloned(a.meta.Configuration)
	a.meta.PartitionColumns = slices.Clone(a.meta.PartitionColumns)
	a.schema, err = snap.Schema()
	return a, err
}

// startsTracking reports whether all rows get ids that had none.
func (a *altering) startsTracking() bool {
	old := a.snap.Metadata()
	return a.meta.RowTracking() && !old.RowTracking() && !strings.EqualFold(a.meta.Configuration["delta.rowTrackingSuspended"], "true") &&
		!strings.EqualFold(old.Configuration["delta.rowTrackingSuspended"], "true")
}

// applyTracked gives the files their numbers, and makes the new metadata on top of that.
func (a *altering) applyTracked(action plan.AlterAction) (done bool, err error) {
	if err := a.table.Log.BackfillRowIDs(a.ctx); err != nil {
		return false, err
	}
	again, err := newAltering(a.ctx, a.table, a.opts)
	if err != nil {
		return false, err
	}
	*a = *again
	return a.apply(action)
}

// An altering is a table on its way from one metadata to the next.
type altering struct {
	ctx    context.Context //nolint:containedctx // of the one call of Alter
	table  Table
	opts   AlterOptions
	snap   *deltalog.Snapshot
	meta   deltalog.Metadata // the table's; then the new one
	schema types.Struct      // likewise
	op     deltalog.Operation
	// what more the commit does
	reads    bool // it relies on all rows
	identity map[string]int64
	domains  []deltalog.DomainMetadata
	features []string
}

// apply makes the new metadata. Done: there is nothing to commit.
func (a *altering) apply(action plan.AlterAction) (done bool, err error) {
	switch c := action.(type) {
	case *plan.AddColumns:
		return false, a.addColumns(c)
	case *plan.RenameColumn:
		return false, a.renameColumn(c)
	case *plan.DropColumns:
		return a.dropColumns(c)
	case *plan.ChangeColumns:
		return a.changeColumns(c)
	case *plan.ReplaceColumns:
		return false, a.replaceColumns(c)
	case *plan.AddConstraint:
		return false, a.addConstraint(c)
	case *plan.DropConstraint:
		return false, a.dropConstraint(c)
	case *plan.SetProperties:
		return false, a.setProperties(c)
	case *plan.UnsetProperties:
		return false, a.unsetProperties(c)
	case *plan.ClusterBy:
		return false, a.clusterBy(c)
	}
	return false, errclass.UnsupportedFeature.New("ALTER TABLE cannot do %T here.", action)
}

func (a *altering) commit() error {
	txn := a.snap.Begin(a.op)
	if a.reads {
		txn.ReadFiles(nil)
	}
	if a.identity != nil {
		if err := txn.AdvanceIdentity(a.identity); err != nil {
			return err
		}
	} else if len(a.domains) == 0 {
		txn.UpdateMetadata(a.meta.WithSchema(a.schema))
	}
	if len(a.features) > 0 {
		protocol, err := a.snap.Protocol().With(a.features...)
		if err != nil {
			return err
		}
		txn.UpdateProtocol(protocol)
	}
	for _, d := range a.domains {
		txn.SetDomain(d)
	}
	_, err := txn.Commit(a.ctx)
	return err
}

// operation names what the commit does.
func (a *altering) operation(name string, parameters deltalog.Parameters) {
	a.op = deltalog.Operation{Name: name, Parameters: parameters}
}

// name is the table as messages tell it.
func (a *altering) name() string {
	if a.opts.Name != "" {
		return a.opts.Name
	}
	return "delta.`" + a.table.URI + "`"
}

// addConstraint is ADD CONSTRAINT … CHECK. All rows of the table must hold it already.
func (a *altering) addConstraint(c *plan.AddConstraint) error {
	if c.Name == "__CHAR_VARCHAR_STRING_LENGTH_CHECK__" {
		return errclass.DeltaConstraintName.New("Cannot use %s as the name of a CHECK constraint. This name is reserved.", c.Name)
	}
	key := constraintPrefix + strings.ToLower(c.Name)
	if old, there := a.meta.Configuration[key]; there {
		return errclass.DeltaConstraintExists.New("Constraint '%s' already exists. Please delete the old constraint first.\nOld constraint:\n%s", c.Name, old)
	}
	made, err := newTextResolver(a.schema, a.opts.Eval).constraint(c.Name, c.Text)
	if err != nil {
		return err
	}
	if !expr.IsDeterministic(made.holds) {
		return errclass.DeltaCheckRandom.New("Found %s in a CHECK constraint. A CHECK constraint cannot use a nondeterministic expression.", made.text)
	}
	narrow := a.only(made.values)
	if made, err = newTextResolver(narrow, a.opts.Eval).constraint(c.Name, c.Text); err != nil {
		return err
	}
	broken, err := a.countBroken(narrow.Names(), made)
	if err != nil {
		return err
	}
	if broken > 0 {
		return errclass.DeltaNewCheckViolated.New("%d rows in %s violate the new CHECK constraint (%s)", broken, a.name(), c.Text)
	}
	a.meta.Configuration[key] = c.Text
	a.operation("ADD CONSTRAINT", deltalog.Parameters{}.With("name", c.Name).With("expr", c.Text))
	return nil
}

// only are the columns that values are of.
func (a *altering) only(values []named) types.Struct {
	var out types.Struct
	for _, f := range a.schema.Fields {
		if slices.ContainsFunc(values, func(v named) bool { return strings.EqualFold(v.column, f.Name) }) {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// dropConstraint is DROP CONSTRAINT. One that is not there is told in the history.
func (a *altering) dropConstraint(c *plan.DropConstraint) error {
	key := constraintPrefix + strings.ToLower(c.Name)
	text, there := a.meta.Configuration[key]
	if !there && !c.IfExists {
		names := make([]string, 0, len(a.meta.Configuration))
		for _, have := range constraintsOf(a.meta) {
			names = append(names, have.name)
		}
		return errclass.DeltaConstraintMissing.New("Cannot drop nonexistent constraint %s from table %s. To avoid throwing an error, provide the parameter IF EXISTS.", c.Name, a.name()).
			WithHint("%s", errclass.DidYouMean(c.Name, names))
	}
	delete(a.meta.Configuration, key)
	parameters := deltalog.Parameters{}.With("name", c.Name)
	if there {
		parameters = parameters.With("expr", text)
	}
	a.operation("DROP CONSTRAINT", parameters.With("existed", map[bool]string{true: "true", false: "false"}[there]))
	return nil
}
