package plan

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A Relation is an unresolved query: something with rows.
type Relation interface{ isRelation() }

// NamedTable reads a table or view of the catalog; delta.`path` is the name ["delta", "path"].
type NamedTable struct {
	At            *Span
	Name          []string
	Options       map[string]string
	Streaming     bool
	VersionAsOf   *int64     // VERSION AS OF
	TimestampAsOf Expression // TIMESTAMP AS OF; constant
}

// DataSource reads files or a service: spark.read.format(…).options(…).load(paths).
type DataSource struct {
	Format    string
	Schema    *types.Struct // nil: none given
	Options   map[string]string
	Paths     []string
	Streaming bool
}

// Project is SELECT without grouping. A nil Input has one row without columns.
type Project struct {
	Input       Relation
	Expressions []Expression
}

// Filter keeps the rows for which the condition is true.
type Filter struct {
	Input     Relation
	Condition Expression
}

// GroupType says how Aggregate groups.
type GroupType uint8

// The group types.
const (
	GroupBy GroupType = iota
	Rollup
	Cube
	GroupingSets
)

// Aggregate groups. In SQL (Having or not) Aggregates is the whole select list, keys included; in
// the DataFrame API the keys come first by themselves (KeysFirst).
type Aggregate struct {
	Input      Relation
	Type       GroupType
	Grouping   []Expression   // an integer literal is a position in the select list; a name may be an alias
	Sets       [][]Expression // GroupingSets: each set holds expressions of Grouping
	All        bool           // GROUP BY ALL
	Aggregates []Expression
	KeysFirst  bool
	Having     Expression // may use aggregates and aliases; nil: none
}

// JoinType is a kind of join.
type JoinType uint8

// The kinds of join.
const (
	InnerJoin JoinType = iota
	LeftOuterJoin
	RightOuterJoin
	FullOuterJoin
	LeftSemiJoin
	LeftAntiJoin
	CrossJoin
)

// Join joins two relations: ON a condition, USING columns, or neither.
type Join struct {
	At          *Span
	Left, Right Relation
	Type        JoinType
	Condition   Expression
	Using       []string
	Natural     bool
}

// SetOpType is UNION, INTERSECT or EXCEPT.
type SetOpType uint8

// The set operations.
const (
	Union SetOpType = iota
	Intersect
	Except
)

// SetOp combines two relations by position, or ByName.
type SetOp struct {
	Left, Right  Relation
	Type         SetOpType
	All          bool
	ByName       bool
	AllowMissing bool
}

// Sort orders the rows.
type Sort struct {
	Input  Relation
	Order  []SortOrder
	Global bool // ORDER BY; else SORT BY
}

// RepartitionByExpression brings rows with equal expressions together: DISTRIBUTE BY. It changes no
// rows, and orders none.
type RepartitionByExpression struct {
	Input       Relation
	Expressions []Expression
}

type (
	// Limit keeps the first N rows, a constant.
	Limit struct {
		Input Relation
		N     Expression
	}
	// Offset drops the first N rows, a constant.
	Offset struct {
		Input Relation
		N     Expression
	}
)

// Deduplicate keeps one row for each value of the columns; none: of all columns.
type Deduplicate struct {
	Input           Relation
	Columns         []string
	WithinWatermark bool
	Distinct        bool // SQL's DISTINCT, which of a stream is a grouping
}

// SubqueryAlias names a relation, and may rename its columns.
type SubqueryAlias struct {
	Input   Relation
	Alias   string
	Columns []string
}

// LateralView is LATERAL VIEW [OUTER] generator table AS columns.
type LateralView struct {
	At        *Span
	Input     Relation
	Generator Expression
	Outer     bool
	Table     string
	Columns   []string
}

// LocalRelation holds rows of its own.
type LocalRelation struct {
	Schema types.Struct
	Rows   []arrow.RecordBatch
}

// Values is an inline table: VALUES (1, 'a'), (2, 'b'). Columns are col1, col2 ….
type Values struct {
	At   *Span
	Rows [][]Expression
}

// Range holds the longs from Start to before End.
type Range struct {
	Start, End, Step int64
}

// TableFunction is a table-valued function in FROM: range(10), explode(…), read_files('…', format => 'csv').
type TableFunction struct {
	At        *Span
	Name      string
	Args      []Expression // also NamedArgument and TableArgument
	Streaming bool
}

type (
	// WithColumns adds or replaces columns.
	WithColumns struct {
		Input   Relation
		Aliases []*Alias
	}
	// Drop removes columns.
	Drop struct {
		Input   Relation
		Columns []Expression
	}
	// WithColumnsRenamed renames columns: old, new.
	WithColumnsRenamed struct {
		Input   Relation
		Renames [][2]string
	}
	// ToDF renames all columns.
	ToDF struct {
		Input Relation
		Names []string
	}
)

// DropNA drops rows with fewer than MinNonNulls values among the columns; none: all columns, and
// MinNonNulls 0: every one must have a value.
type DropNA struct {
	Input       Relation
	Columns     []string
	MinNonNulls int
}

// FillNA replaces nulls of the columns whose type fits the value.
type FillNA struct {
	Input   Relation
	Columns []string
	Values  []Expression
}

// WithWatermark declares an event-time column and how late it may be.
type WithWatermark struct {
	Input          Relation
	EventTime      string
	DelayThreshold string
	Computed       *Alias // the event time where it is no column of the input: WATERMARK expression AS name; nil: EventTime
}

// With is WITH name AS (query), …: the names are known in Input, each in those after it.
type With struct {
	Input Relation
	Names []SubqueryAlias
}

// SQL is a query as text, resolved when it is used.
type SQL struct {
	Text string
}

// Resolved carries a plan that is resolved already: a logical.Node, whose package stands above this one, or what has a method
// Current that gives one.
type Resolved struct {
	Node any
}

func (*Resolved) isRelation()                {}
func (*NamedTable) isRelation()              {}
func (*DataSource) isRelation()              {}
func (*Project) isRelation()                 {}
func (*Filter) isRelation()                  {}
func (*Aggregate) isRelation()               {}
func (*Join) isRelation()                    {}
func (*SetOp) isRelation()                   {}
func (*Sort) isRelation()                    {}
func (*RepartitionByExpression) isRelation() {}
func (*Limit) isRelation()                   {}
func (*Offset) isRelation()                  {}
func (*Deduplicate) isRelation()             {}
func (*SubqueryAlias) isRelation()           {}
func (*LateralView) isRelation()             {}
func (*LocalRelation) isRelation()           {}
func (*Values) isRelation()                  {}
func (*Range) isRelation()                   {}
func (*TableFunction) isRelation()           {}
func (*WithColumns) isRelation()             {}
func (*Drop) isRelation()                    {}
func (*WithColumnsRenamed) isRelation()      {}
func (*ToDF) isRelation()                    {}
func (*DropNA) isRelation()                  {}
func (*FillNA) isRelation()                  {}
func (*WithWatermark) isRelation()           {}
func (*With) isRelation()                    {}
func (*SQL) isRelation()                     {}
