package plan

import "lakehouse/internal/types"

// The statements that change what a table is.
type (
	// AlterTable is ALTER TABLE name action.
	AlterTable struct {
		At     *Span
		Name   []string
		Action AlterAction
	}
	// TruncateTable is TRUNCATE TABLE name [PARTITION (…)].
	TruncateTable struct {
		At        *Span
		Name      []string
		Partition []PartitionValue
	}
	// CommentOn is COMMENT ON TABLE|COLUMN|SCHEMA name IS comment; a nil Comment is NULL.
	CommentOn struct {
		At      *Span
		Kind    string // table, column, schema
		Name    []string
		Comment *string
	}
	// CreateTableLike is CREATE TABLE name LIKE source.
	CreateTableLike struct {
		At          *Span
		Name        []string
		IfNotExists bool
		Source      []string
		Using       string
		Location    string
		Properties  map[string]string
	}
	// AlterSchema is ALTER SCHEMA|DATABASE name SET DBPROPERTIES | UNSET DBPROPERTIES | SET LOCATION: one of them.
	AlterSchema struct {
		Name     []string
		Set      map[string]string
		Unset    []string
		Location *string
	}
	// DescribeSchema is DESCRIBE SCHEMA|DATABASE [EXTENDED] name.
	DescribeSchema struct {
		Name     []string
		Extended bool
	}
	// ShowPartitions is SHOW PARTITIONS name [PARTITION (…)].
	ShowPartitions struct {
		Table     []string
		Partition []PartitionValue
	}
)

// An AlterAction is what ALTER TABLE does.
type AlterAction interface{ isAlterAction() }

// The actions of ALTER TABLE.
type (
	// AddColumns is ADD COLUMN|COLUMNS.
	AddColumns struct{ Columns []NewColumn }
	// RenameColumn is RENAME COLUMN from TO to.
	RenameColumn struct {
		From []string
		To   string
	}
	// DropColumns is DROP COLUMN|COLUMNS [IF EXISTS].
	DropColumns struct {
		Columns  [][]string
		IfExists bool
	}
	// ChangeColumns is ALTER COLUMN and CHANGE COLUMN.
	ChangeColumns struct{ Changes []ColumnChange }
	// ReplaceColumns is REPLACE COLUMNS (…).
	ReplaceColumns struct{ Columns []types.Field }
	// AddConstraint is ADD CONSTRAINT name CHECK (text).
	AddConstraint struct{ Name, Text string }
	// DropConstraint is DROP CONSTRAINT [IF EXISTS] name.
	DropConstraint struct {
		Name     string
		IfExists bool
	}
	// SetProperties is SET TBLPROPERTIES (…).
	SetProperties struct{ Properties map[string]string }
	// UnsetProperties is UNSET TBLPROPERTIES [IF EXISTS] (…).
	UnsetProperties struct {
		Keys     []string
		IfExists bool
	}
	// ClusterBy is CLUSTER BY (…), or, without columns, CLUSTER BY NONE.
	ClusterBy struct{ Columns [][]string }
	// SetLocation is SET LOCATION 'path'.
	SetLocation struct{ Location string }
	// RenameTable is RENAME TO name.
	RenameTable struct{ To []string }
	// DropFeature is DROP FEATURE name [TRUNCATE HISTORY].
	DropFeature struct {
		Name            string
		TruncateHistory bool
	}
)

// A NewColumn is one that is added: a column, or a field of the struct at Parent.
type NewColumn struct {
	Parent   []string
	Field    types.Field
	Position *ColumnPosition // nil: the last
}

// A ColumnPosition says where a column stands: first, or behind another.
type ColumnPosition struct {
	First bool
	After string
}

// A ColumnChange is what becomes of a column. What is nil stays.
type ColumnChange struct {
	Column       []string
	Rename       string // CHANGE COLUMN names the column twice
	Type         types.Type
	TypeText     string // of CHAR and VARCHAR, as Spark keeps it; else empty
	Nullable     *bool  // SET NOT NULL, DROP NOT NULL
	Comment      *string
	Position     *ColumnPosition
	Default      *string
	DropDefault  bool
	SyncIdentity bool
}

func (*AddColumns) isAlterAction()      {}
func (*RenameColumn) isAlterAction()    {}
func (*DropColumns) isAlterAction()     {}
func (*ChangeColumns) isAlterAction()   {}
func (*ReplaceColumns) isAlterAction()  {}
func (*AddConstraint) isAlterAction()   {}
func (*DropConstraint) isAlterAction()  {}
func (*SetProperties) isAlterAction()   {}
func (*UnsetProperties) isAlterAction() {}
func (*ClusterBy) isAlterAction()       {}
func (*SetLocation) isAlterAction()     {}
func (*RenameTable) isAlterAction()     {}
func (*DropFeature) isAlterAction()     {}

func (*AlterTable) isStatement()      {}
func (*TruncateTable) isStatement()   {}
func (*CommentOn) isStatement()       {}
func (*AlterSchema) isStatement()     {}
func (*DescribeSchema) isStatement()  {}
func (*CreateTableLike) isStatement() {}
func (*ShowPartitions) isStatement()  {}

func (*AlterTable) isCommand()      {}
func (*TruncateTable) isCommand()   {}
func (*CommentOn) isCommand()       {}
func (*AlterSchema) isCommand()     {}
func (*DescribeSchema) isCommand()  {}
func (*CreateTableLike) isCommand() {}
func (*ShowPartitions) isCommand()  {}
