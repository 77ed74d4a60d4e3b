package statestore

import (
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/types"
)

// The options, by Spark's names; keySchema and valueSchema are of this engine.
const (
	optBatch         = "batchId"
	optOperator      = "operatorId"
	optStore         = "storeName"
	optJoinSide      = "joinSide"
	optSnapshotBatch = "snapshotStartBatchId"
	optSnapshotPart  = "snapshotPartitionId"
	optChanges       = "readChangeFeed"
	optChangeStart   = "changeStartBatchId"
	optChangeEnd     = "changeEndBatchId"
	optVariable      = "stateVarName"
	optTimers        = "readRegisteredTimers"
	optFlatten       = "flattenCollectionTypes"
	optKeySchema     = "keySchema"
	optValueSchema   = "valueSchema"
)

// OptionTable declares the options of statestore. Their values are checked with Spark's errors, in options.go.
var OptionTable = option.Table{
	{Name: optBatch, Doc: "The batch at whose end the state is shown; by default the last one that is committed."},
	{Name: optOperator, Default: "0", Doc: "The number of the stateful operator; state-metadata lists them."},
	{Name: optStore, Default: defaultStore, Doc: "The store of the operator; state-metadata lists them. Not together with joinSide."},
	{Name: optJoinSide, Default: "none", Doc: "left or right: the rows that one side of a stream-stream join keeps."},
	{Name: optSnapshotBatch, Doc: "Begin with the snapshot that was written at the end of this batch, and with no other; needs snapshotPartitionId."},
	{Name: optSnapshotPart, Doc: "The one partition to read; needs snapshotStartBatchId."},
	{Name: optChanges, Default: "false", Doc: "Show what each batch changed, with the columns batch_id and change_type (update, delete)."},
	{Name: optChangeStart, Doc: "The first batch of the change feed; required there."},
	{Name: optChangeEnd, Doc: "The last batch of the change feed; by default the last one that is committed."},
	{Name: optVariable, Doc: "The state variable of a transformWithState operator; required there."},
	{Name: optTimers, Default: "false", Doc: "Show the timers of a transformWithState operator."},
	{Name: optFlatten, Default: "true", Doc: "Whether a list or map variable has a row for each element; else one row for each key."},
	{Name: optKeySchema, Doc: "The key's columns as DDL, for state of Spark before 3.1, which kept no schema."},
	{Name: optValueSchema, Doc: "The value's columns as DDL; see keySchema."},
}

// MetadataOptionTable declares the options of state-metadata.
var MetadataOptionTable = option.Table{
	{Name: optBatch, Doc: "The batch as of which the operators are shown; by default the last one that is committed."},
}

const defaultStore = "default"

// options are parsed; a batch of -1 is none given.
type options struct {
	batch      int64
	operator   int
	store      string
	side       string // "left", "right" or empty
	snapshot   int64  // the batch; -1: the newest that fits
	partition  int64  // with snapshot
	changes    bool
	from, to   int64 // batches of the change feed
	variable   string
	timers     bool
	flatten    bool
	key, value *types.Struct
}

func parseOptions(given map[string]string) (o options, err error) {
	v, err := OptionTable.Parse(given)
	if err != nil {
		return o, err
	}
	p := parser{values: v}
	o = options{
		batch: p.number(optBatch), snapshot: p.number(optSnapshotBatch), partition: p.number(optSnapshotPart),
		from: p.number(optChangeStart), to: p.number(optChangeEnd), operator: int(p.number(optOperator)),
		store: strings.TrimSpace(v.String(optStore)), side: p.side(), variable: strings.TrimSpace(v.String(optVariable)),
		changes: p.bool(optChanges), timers: p.bool(optTimers), flatten: p.bool(optFlatten),
		key: p.schema(optKeySchema), value: p.schema(optValueSchema),
	}
	if p.err == nil {
		p.err = o.check(v)
	}
	return o, p.err
}

// check finds options that do not go together.
func (o options) check(v option.Values) error {
	conflict := func(a, b string) error {
		return errclass.StateConflictOptions.New("The options ['%s', '%s'] cannot be specified together. Please specify the one.", a, b)
	}
	switch {
	case o.store == "":
		return errclass.StateOptionEmpty.New("Invalid value for source option '%s': cannot be empty.", optStore)
	case o.timers && o.variable != "":
		return conflict(optTimers, optVariable)
	case o.side != "" && o.store != defaultStore:
		return conflict(optJoinSide, optStore)
	case (o.key == nil) != (o.value == nil):
		return errclass.StateOptionMissing.New("'%s' and '%s' must be specified together.", optKeySchema, optValueSchema)
	case o.changes:
		return o.checkChanges(v, conflict)
	}
	for _, name := range []string{optChangeStart, optChangeEnd} {
		if v.Has(name) {
			return invalid(name, "Only specify this option when %s is set to true.", optChanges)
		}
	}
	switch {
	case o.partition >= 0 && o.snapshot < 0:
		return missing(optSnapshotBatch)
	case o.snapshot >= 0 && o.partition < 0:
		return missing(optSnapshotPart)
	}
	return nil
}

func (o options) checkChanges(v option.Values, conflict func(a, b string) error) error {
	for _, name := range []string{optJoinSide, optBatch, optSnapshotBatch, optSnapshotPart} {
		if v.Has(name) {
			return conflict(name, optChanges)
		}
	}
	if o.from < 0 {
		return missing(optChangeStart)
	}
	return nil
}

func missing(name string) error {
	return errclass.StateOptionMissing.New("'%s' must be specified.", name)
}

func invalid(name, why string, args ...any) *errclass.Error {
	return errclass.StateInvalidOption.New("Invalid value for source option '"+name+"': "+why, args...)
}

// parser keeps the first mistake.
type parser struct {
	values option.Values
	err    error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// number is a count, or -1 where it was not given.
func (p *parser) number(name string) int64 {
	text := p.values.String(name)
	if text == "" && !p.values.Has(name) {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 63)
	switch {
	case err != nil:
		p.fail(invalid(name, "it is no whole number: %.40q.", text))
	case n < 0:
		p.fail(errclass.StateOptionNegative.New("Invalid value for source option '%s': cannot be negative.", name))
	case n > 1<<31-1 && (name == optOperator || name == optSnapshotPart):
		p.fail(invalid(name, "it is too large: %d.", n))
	}
	return n
}

func (p *parser) bool(name string) bool {
	switch strings.ToLower(p.values.String(name)) {
	case "true":
		return true
	case "false":
		return false
	}
	p.fail(invalid(name, "Boolean value is expected"))
	return false
}

func (p *parser) side() string {
	switch side := p.values.String(optJoinSide); side {
	case "none":
		return ""
	case "left", "right":
		return side
	}
	p.fail(invalid(optJoinSide, "Valid values are left,right,none"))
	return ""
}

func (p *parser) schema(name string) *types.Struct {
	if !p.values.Has(name) {
		return nil
	}
	schema, err := types.ParseDDL(p.values.String(name))
	if err != nil {
		p.fail(invalid(name, "%w", err))
		return nil
	}
	return &schema
}
