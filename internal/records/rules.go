package records

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/types"
)

// A Policy says, by the reader's options, what becomes of records that the schema does not fit.
type Policy struct {
	Mode          Mode
	CorruptColumn string // takes the text of malformed records, where the schema has it
	Rescued       string // takes what no other column takes, where the schema has it; empty: none does
	RescuedPath   bool   // with the path of the file
	Variant       string // the column of type VARIANT that each record is one value of; empty: records have columns
}

// PolicyOf takes the policy from parsed values whose table holds [CommonOptions].
func PolicyOf(v option.Values) Policy {
	return Policy{
		Mode:          Mode(v.String("mode")),
		CorruptColumn: v.String("columnNameOfCorruptRecord"),
		Rescued:       v.String("rescuedDataColumn"),
		RescuedPath:   v.Bool("rescuedDataColumn.filePath.enabled"),
		Variant:       v.String("singleVariantColumn"),
	}
}

// Rules say what a [Collector] makes of records.
type Rules struct {
	Schema  types.Struct
	Arrow   *arrow.Schema // of Schema
	Mode    Mode
	Corrupt int     // position of the corrupt-record column in Schema; -1: none
	Rescue  *Rescue // nil: what no column takes is lost
	Variant int     // position of the column that takes whole records; -1: none, or nobody wants it
}

// NewRules are the rules for records of a schema, whose fields all count as nullable. A schema with a type that no builder
// takes is refused, and so are columns of the policy that are no strings.
func NewRules(schema types.Struct, p Policy) (Rules, error) {
	schema = types.AsNullable(schema).(types.Struct)
	if _, err := NewBuilder(schema); err != nil {
		return Rules{}, err
	}
	corrupt, err := corruptColumn(schema, p.CorruptColumn)
	if err != nil {
		return Rules{}, err
	}
	rescue, err := NewRescue(schema, p)
	single := -1
	if p.Variant != "" {
		single = slices.IndexFunc(schema.Fields, func(f types.Field) bool { return f.Name == p.Variant && f.Type == types.Variant })
	}
	return Rules{Schema: schema, Arrow: types.ToArrowSchema(schema), Mode: p.Mode, Corrupt: corrupt, Rescue: rescue, Variant: single}, err
}

// corruptColumn finds the column for the text of malformed records; -1 where the schema has none.
func corruptColumn(schema types.Struct, name string) (position int, err error) {
	if name == "" {
		return -1, nil
	}
	position = slices.Index(schema.Names(), name)
	if position >= 0 && schema.Fields[position].Type != types.Type(types.String) {
		return -1, errclass.InvalidOptionValue.New("the column '%s' for corrupt records must have the type STRING, not %s.",
			name, types.SQL(schema.Fields[position].Type))
	}
	return position, nil
}

// NewRescue is the rescue of a schema that has the column for it; nil where there is none.
func NewRescue(schema types.Struct, p Policy) (*Rescue, error) {
	at := slices.Index(schema.Names(), p.Rescued)
	if p.Rescued == "" || at < 0 {
		return nil, nil
	}
	if schema.Fields[at].Type != types.Type(types.String) {
		return nil, errclass.InvalidOptionValue.New("the column '%s' for rescued data must have the type STRING, not %s.", p.Rescued, types.SQL(schema.Fields[at].Type))
	}
	r := &Rescue{Column: at, FilePath: p.RescuedPath}
	if slices.Index(schema.Names(), p.CorruptColumn) < 0 {
		r.Corrupt = p.CorruptColumn
	}
	return r, nil
}
