package plan

// A Target is the table that a statement changes: its name, and what it is called in the statement.
type Target struct {
	At    *Span
	Name  []string        // one to three parts; delta.`path`
	Alias string          // empty: its name
	With  []SubqueryAlias // queries that the statement names; the table is none of them
}

// The statements that change rows of a table.
type (
	// Delete is DELETE FROM target [WHERE condition].
	Delete struct {
		Target
		Condition Expression // nil: every row
	}

	// Update is UPDATE target SET assignments [WHERE condition].
	Update struct {
		Target
		Set       []Assignment
		Condition Expression // nil: every row
	}

	// MergeInto is MERGE [WITH SCHEMA EVOLUTION] INTO target USING source ON condition clauses.
	MergeInto struct {
		Target
		Source             Relation
		Condition          Expression
		Matched            []MergeClause // UPDATE, UPDATE * and DELETE
		NotMatched         []MergeClause // INSERT and INSERT *
		NotMatchedBySource []MergeClause // UPDATE and DELETE
		SchemaEvolution    bool
	}
)

// An Assignment gives a column, or a field of one, a value. The value may be the word DEFAULT, an attribute of that name.
type Assignment struct {
	Column *UnresolvedAttribute
	Value  Expression
}

// MergeAction is what a clause of MERGE does with its rows.
type MergeAction uint8

// The actions of MERGE.
const (
	MergeUpdate    MergeAction = iota // SET assignments
	MergeUpdateAll                    // SET *
	MergeDelete
	MergeInsert    // (columns) VALUES (values)
	MergeInsertAll // *
)

// A MergeClause is WHEN … [AND condition] THEN action.
type MergeClause struct {
	Action    MergeAction
	Condition Expression // nil: all rows that come to the clause
	Set       []Assignment
}

// Replace says in the place of which rows of a table INSERT puts its own. One of Where, On and Using is there.
type Replace struct {
	Alias string     // of the table; empty: its name
	Where Expression // REPLACE WHERE condition: those for which it holds
	On    Expression // REPLACE ON condition: those that meet one of the query's rows
	Using []string   // REPLACE USING (columns): those that have the same values there as one of the query's rows
	Text  string     // what the history says of Where; empty: as it is written
	Rows  string     // with On: the query's alias; empty: none
}

func (*Delete) isStatement()    {}
func (*Update) isStatement()    {}
func (*MergeInto) isStatement() {}

func (*Delete) isCommand()    {}
func (*Update) isCommand()    {}
func (*MergeInto) isCommand() {}
