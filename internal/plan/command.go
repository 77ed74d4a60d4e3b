package plan

import "lakehouse/internal/types"

// A Statement is what one SQL text holds: a [Query] or a [Command].
type Statement interface{ isStatement() }

// Query is a statement that answers with rows.
type Query struct {
	Relation Relation
}

// A Command is a statement with an effect, or one that asks the catalog.
type Command interface {
	Statement
	isCommand()
}

// The commands. Names are as written, one to three parts.
type (
	// UseCatalog is USE CATALOG name or SET CATALOG name.
	UseCatalog struct{ Name string }
	// UseSchema is USE [SCHEMA|DATABASE|NAMESPACE] name.
	UseSchema struct{ Name []string }

	// CreateSchema is CREATE SCHEMA|DATABASE.
	CreateSchema struct {
		Name        []string
		IfNotExists bool
		Location    string
		Comment     string
		Properties  map[string]string
	}
	// DropSchema is DROP SCHEMA|DATABASE.
	DropSchema struct {
		Name     []string
		IfExists bool
		Cascade  bool
	}

	// CreateTable is CREATE [OR REPLACE] TABLE; Query when AS SELECT.
	CreateTable struct {
		At          *Span
		Name        []string
		IfNotExists bool
		OrReplace   bool
		MustExist   bool          // with OrReplace: REPLACE TABLE
		Columns     []types.Field // nil with Query, or for a table that exists at Location
		Using       string        // lower case; empty: the default, delta
		PartitionBy []string
		ClusterBy   [][]string // nil: no clause; empty: NONE
		Location    string
		Comment     string
		Properties  map[string]string
		Query       Relation
	}
	// DropTable is DROP TABLE or DROP VIEW.
	DropTable struct {
		At       *Span
		Name     []string
		IfExists bool
		Purge    bool
		View     bool
	}
	// CreateView is CREATE [OR REPLACE] [TEMPORARY] VIEW.
	CreateView struct {
		Name        []string
		OrReplace   bool
		IfNotExists bool
		Temporary   bool
		Columns     []string
		Comment     string
		Text        string // of the query
		Query       Relation
	}

	// Insert is INSERT INTO|OVERWRITE [TABLE] name [PARTITION (…)] [(columns)] query.
	Insert struct {
		At        *Span
		Table     []string
		Partition []PartitionValue
		Columns   []string
		ByName    bool
		Overwrite bool
		Replace   *Replace // nil: the rows are added, or, with Overwrite, take the place of all
		Query     Relation
	}

	// PartitionValue is one of PARTITION (column = value, column).
	PartitionValue struct {
		Column string
		Value  Expression // a literal; nil: the query's rows have it
	}

	// ShowTables is SHOW TABLES [IN schema] [LIKE pattern].
	ShowTables struct {
		Schema   []string
		Pattern  string
		Extended bool // SHOW TABLE EXTENDED
	}
	// ShowSchemas is SHOW SCHEMAS|DATABASES [IN catalog] [LIKE pattern].
	ShowSchemas struct {
		Catalog string
		Pattern string
	}
	// ShowCatalogs is SHOW CATALOGS [LIKE pattern].
	ShowCatalogs struct{ Pattern string }
	// ShowColumns is SHOW COLUMNS IN table.
	ShowColumns struct{ Table []string }
	// ShowTableProperties is SHOW TBLPROPERTIES table [(key)].
	ShowTableProperties struct {
		Table []string
		Key   *string // nil: all
	}
	// ShowCreateTable is SHOW CREATE TABLE table.
	ShowCreateTable struct{ Table []string }

	// DescribeTable is DESCRIBE [EXTENDED] name [column].
	DescribeTable struct {
		At       *Span
		Table    []string
		Column   []string // nil: all
		Extended bool
	}
	// DescribeHistory is DESCRIBE HISTORY name [LIMIT n]; 0: all.
	DescribeHistory struct {
		Table []string
		Limit int
	}
	// DescribeDetail is DESCRIBE DETAIL name.
	DescribeDetail struct{ Table []string }
	// DescribeQuery is DESCRIBE [QUERY] SELECT ….
	DescribeQuery struct{ Query Relation }

	// Explain is EXPLAIN [EXTENDED|FORMATTED] statement.
	Explain struct {
		Mode      string // lower case; empty: simple
		Statement Statement
	}
	// SetConf is SET key = value; SET key; SET. A nil Value asks.
	SetConf struct {
		Key   string
		Value *string
	}
	// ResetConf is RESET [key].
	ResetConf struct{ Key string }
)

func (*Query) isStatement()               {}
func (*UseCatalog) isStatement()          {}
func (*UseSchema) isStatement()           {}
func (*CreateSchema) isStatement()        {}
func (*DropSchema) isStatement()          {}
func (*CreateTable) isStatement()         {}
func (*DropTable) isStatement()           {}
func (*CreateView) isStatement()          {}
func (*Insert) isStatement()              {}
func (*ShowTables) isStatement()          {}
func (*ShowSchemas) isStatement()         {}
func (*ShowCatalogs) isStatement()        {}
func (*ShowColumns) isStatement()         {}
func (*ShowTableProperties) isStatement() {}
func (*ShowCreateTable) isStatement()     {}
func (*DescribeTable) isStatement()       {}
func (*DescribeHistory) isStatement()     {}
func (*DescribeDetail) isStatement()      {}
func (*DescribeQuery) isStatement()       {}
func (*Explain) isStatement()             {}
func (*SetConf) isStatement()             {}
func (*ResetConf) isStatement()           {}

func (*UseCatalog) isCommand()          {}
func (*UseSchema) isCommand()           {}
func (*CreateSchema) isCommand()        {}
func (*DropSchema) isCommand()          {}
func (*CreateTable) isCommand()         {}
func (*DropTable) isCommand()           {}
func (*CreateView) isCommand()          {}
func (*Insert) isCommand()              {}
func (*ShowTables) isCommand()          {}
func (*ShowSchemas) isCommand()         {}
func (*ShowCatalogs) isCommand()        {}
func (*ShowColumns) isCommand()         {}
func (*ShowTableProperties) isCommand() {}
func (*ShowCreateTable) isCommand()     {}
func (*DescribeTable) isCommand()       {}
func (*DescribeHistory) isCommand()     {}
func (*DescribeDetail) isCommand()      {}
func (*DescribeQuery) isCommand()       {}
func (*Explain) isCommand()             {}
func (*SetConf) isCommand()             {}
func (*ResetConf) isCommand()           {}
