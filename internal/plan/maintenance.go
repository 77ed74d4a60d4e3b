package plan

import "lakehouse/internal/types"

// A TimeTravel names a version of a table, by its number or by a time. The zero value is the newest.
type TimeTravel struct {
	VersionAsOf   *int64
	TimestampAsOf Expression // constant
}

// The statements that keep a table in order.
type (
	// Vacuum is VACUUM table [FULL | LITE] [RETAIN n HOURS] [USING INVENTORY …] [DRY RUN].
	Vacuum struct {
		Table       []string
		Mode        string   // "full", "lite"; empty: as the setting has it
		RetainHours *float64 // nil: the table's own retention
		Inventory   Relation // nil: the folder is listed
		DryRun      bool
	}

	// Restore is RESTORE TABLE table TO version.
	Restore struct {
		Table []string
		To    TimeTravel
	}

	// Optimize is OPTIMIZE table [FULL] [WHERE condition] [ZORDER BY columns].
	Optimize struct {
		Table     []string
		Full      bool
		Condition Expression // about partition columns; nil: the whole table
		ZOrderBy  [][]string
	}

	// Reorg is REORG TABLE table [WHERE condition] APPLY (PURGE).
	Reorg struct {
		Table     []string
		Condition Expression // about partition columns; nil: the whole table
	}

	// Generate is GENERATE mode FOR TABLE table.
	Generate struct {
		Mode  string
		Table []string
	}

	// Repair is FSCK REPAIR TABLE table [DRY RUN].
	Repair struct {
		Table  []string
		DryRun bool
	}

	// Convert is CONVERT TO DELTA table [NO STATISTICS] [PARTITIONED BY (columns)].
	Convert struct {
		Table        []string // parquet.`path`
		NoStatistics bool
		PartitionBy  []types.Field
	}

	// Clone is CREATE [OR REPLACE] TABLE name SHALLOW CLONE source.
	Clone struct {
		Name        []string
		Source      []string
		From        TimeTravel
		IfNotExists bool
		OrReplace   bool
		Properties  map[string]string
		Location    string
	}
)

func (*Vacuum) isStatement()   {}
func (*Restore) isStatement()  {}
func (*Optimize) isStatement() {}
func (*Reorg) isStatement()    {}
func (*Generate) isStatement() {}
func (*Repair) isStatement()   {}
func (*Convert) isStatement()  {}
func (*Clone) isStatement()    {}

func (*Vacuum) isCommand()   {}
func (*Restore) isCommand()  {}
func (*Optimize) isCommand() {}
func (*Reorg) isCommand()    {}
func (*Generate) isCommand() {}
func (*Repair) isCommand()   {}
func (*Convert) isCommand()  {}
func (*Clone) isCommand()    {}
