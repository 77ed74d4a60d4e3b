package medallion

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// A DeltaTableBuilder says what a new table is to be, and makes it: Spark's DeltaTableBuilder. It is a value: a half-built one can be
// kept and varied. The first mistake is kept for Execute.
type DeltaTableBuilder struct {
	session *Session
	table   plan.CreateTable
	err     error
}

// CreateDeltaTable begins a table that is not there yet.
func (s *Session) CreateDeltaTable() DeltaTableBuilder { return DeltaTableBuilder{session: s} }

// CreateDeltaTableIfNotExists begins a table; one that is there is left as it is.
func (s *Session) CreateDeltaTableIfNotExists() DeltaTableBuilder {
	return DeltaTableBuilder{session: s, table: plan.CreateTable{IfNotExists: true}}
}

// ReplaceDeltaTable begins a table in place of one that is there.
func (s *Session) ReplaceDeltaTable() DeltaTableBuilder {
	return DeltaTableBuilder{session: s, table: plan.CreateTable{OrReplace: true, MustExist: true}}
}

// CreateOrReplaceDeltaTable begins a table, also in place of one that is there.
func (s *Session) CreateOrReplaceDeltaTable() DeltaTableBuilder {
	return DeltaTableBuilder{session: s, table: plan.CreateTable{OrReplace: true}}
}

// TableName is what the table is called: "sales", "main.default.sales", "delta.`/path`".
func (b DeltaTableBuilder) TableName(name string) DeltaTableBuilder {
	parts, err := sql.ParseTableName(name)
	b.table.Name, b.err = parts, cmp.Or(b.err, err)
	return b
}

// Location is the folder in which the table lies. Without a name it is called by it.
func (b DeltaTableBuilder) Location(path string) DeltaTableBuilder {
	b.table.Location = path
	return b
}

// Comment describes the table.
func (b DeltaTableBuilder) Comment(text string) DeltaTableBuilder {
	b.table.Comment = text
	return b
}

// A TableColumn is a column of a table that is made by a [DeltaTableBuilder].
type TableColumn struct {
	Name    string
	Type    string // as SQL: "BIGINT", "ARRAY<STRING>"
	NotNull bool
	Comment string
	Default string // an expression; the table then needs the property delta.feature.allowColumnDefaults = supported

	GeneratedAlwaysAs string    // an expression over other columns
	Identity          *Identity // numbers that the table gives
}

// Identity says which numbers a column gets: {Start: 1, Step: 1} is what SQL's AS IDENTITY says.
type Identity struct {
	Start, Step int64
	// ByDefault lets rows bring numbers of their own. Else they are always given.
	ByDefault bool
}

// AddColumn adds a column.
func (b DeltaTableBuilder) AddColumn(c TableColumn) DeltaTableBuilder {
	f, err := c.field()
	b.err = cmp.Or(b.err, err)
	b.table.Columns = append(slices.Clip(b.table.Columns), f)
	return b
}

// AddColumns adds the columns of a schema, with their comments and whatever else their metadata says.
func (b DeltaTableBuilder) AddColumns(schema Schema) DeltaTableBuilder {
	b.table.Columns = append(slices.Clip(b.table.Columns), schema.Fields...)
	return b
}

// field is the column as SQL notes it.
func (c TableColumn) field() (types.Field, error) {
	t, err := types.ParseType(c.Type)
	if err != nil {
		return types.Field{}, err
	}
	f := types.Field{Name: c.Name, Type: t, Nullable: !c.NotNull, Metadata: map[string]any{}}
	if c.Identity != nil && (c.GeneratedAlwaysAs != "" || c.Default != "") || c.GeneratedAlwaysAs != "" && c.Default != "" {
		return f, errclass.InvalidSyntax.New("column %s can have only one of a generation expression, an identity and a default.", c.Name)
	}
	note := func(key string, value string) {
		if value != "" {
			f.Metadata[key] = value
		}
	}
	note("comment", c.Comment)
	note(delta.KeyGeneration, c.GeneratedAlwaysAs)
	note(delta.KeyCurrentDefault, c.Default)
	if id := c.Identity; id != nil {
		f.Metadata[delta.KeyIdentityStart], f.Metadata[delta.KeyIdentityStep] = id.Start, id.Step
		f.Metadata[delta.KeyIdentityExplicit] = id.ByDefault
	}
	for _, expression := range []string{c.GeneratedAlwaysAs, c.Default} {
		if expression == "" {
			continue
		}
		if _, err := sql.ParseExpression(expression); err != nil {
			return f, err
		}
	}
	return f, nil
}

// PartitionedBy divides the rows among folders by these columns.
func (b DeltaTableBuilder) PartitionedBy(columns ...string) DeltaTableBuilder {
	b.table.PartitionBy = slices.Clone(columns)
	return b
}

// ClusterBy keeps rows together that are alike in these columns; fields of one too: "address.city".
func (b DeltaTableBuilder) ClusterBy(columns ...string) DeltaTableBuilder {
	b.table.ClusterBy = [][]string{}
	for _, c := range columns {
		parts, err := sql.ParseTableName(c)
		b.err = cmp.Or(b.err, err)
		b.table.ClusterBy = append(b.table.ClusterBy, parts)
	}
	return b
}

// Property sets a table property.
func (b DeltaTableBuilder) Property(key, value string) DeltaTableBuilder {
	b.table.Properties = maps.Clone(b.table.Properties)
	if b.table.Properties == nil {
		b.table.Properties = map[string]string{}
	}
	b.table.Properties[key] = value
	return b
}

// Execute makes the table.
func (b DeltaTableBuilder) Execute(ctx context.Context) (*DeltaTable, error) {
	if b.err != nil {
		return nil, b.err
	}
	c := b.table
	if c.Name == nil {
		if c.Location == "" {
			return nil, errclass.DeltaCreateMissingName.New("Table name or location has to be specified.")
		}
		c.Name, c.Location = []string{"delta", c.Location}, ""
	}
	if err := b.session.createTableCommand(ctx, &c); err != nil {
		return nil, err
	}
	return b.session.openDeltaTable(ctx, c.Name)
}
