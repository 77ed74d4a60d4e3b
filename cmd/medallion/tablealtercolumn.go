package main

import (
	"github.com/spf13/cobra"

	"lakehouse/internal/types"
)

// columnChange is what the flags of alter-column ask for, one at a time: as in SQL.
type columnChange struct {
	as, comment, value, after                                   string
	noValue, demandsValue, allowsNull, first, continuesIdentity bool
}

func (a *app) alterColumnVerb() *cobra.Command {
	var c columnChange
	var cmd *cobra.Command
	cmd = a.alterVerb("alter-column TABLE COLUMN", "Changes a column: its type, comment, default or place, one of these at a time.", cobra.ExactArgs(2),
		func(args []string) string {
			return "ALTER COLUMN " + args[0] + " " + c.clause(cmd.Flags().Changed)
		})
	flags := cmd.Flags()
	flags.StringVar(&c.as, "type", "", "a wider type: the table needs delta.enableTypeWidening = true")
	flags.StringVar(&c.comment, "comment", "", "what the column is")
	flags.StringVar(&c.value, "default", "", "the value, as in SQL, of rows that bring none")
	flags.BoolVar(&c.noValue, "drop-default", false, "rows that bring no value have null")
	flags.BoolVar(&c.demandsValue, "set-not-null", false, "rows must have a value")
	flags.BoolVar(&c.allowsNull, "drop-not-null", false, "rows need not have a value")
	flags.BoolVar(&c.first, "first", false, "make it the first column")
	flags.StringVar(&c.after, "after", "", "the column that it comes behind")
	flags.BoolVar(&c.continuesIdentity, "sync-identity", false, "go on behind the greatest value that an identity column has")
	every := []string{"type", "comment", "default", "drop-default", "set-not-null", "drop-not-null", "first", "after", "sync-identity"}
	cmd.MarkFlagsOneRequired(every...)
	cmd.MarkFlagsMutuallyExclusive(every...)
	return cmd
}

// clause is what comes behind ALTER COLUMN and the column's name.
func (c columnChange) clause(given func(flag string) bool) string {
	switch {
	case given("type"):
		return "TYPE " + c.as
	case given("comment"):
		return "COMMENT " + types.QuoteString(c.comment)
	case given("default"):
		return "SET DEFAULT " + c.value
	case c.noValue:
		return "DROP DEFAULT"
	case c.demandsValue:
		return "SET NOT NULL"
	case c.allowsNull:
		return "DROP NOT NULL"
	case c.first:
		return "FIRST"
	case c.continuesIdentity:
		return "SYNC IDENTITY"
	default:
		return "AFTER " + c.after
	}
}
