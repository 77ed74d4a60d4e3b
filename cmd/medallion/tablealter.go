package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/internal/types"
)

// alterVerbs are the verbs of "medallion table" that change what a table is. Each is an ALTER TABLE; columns, types and conditions are written as
// in SQL.
func (a *app) alterVerbs() []*cobra.Command {
	return []*cobra.Command{
		a.setPropertiesVerb(), a.unsetPropertiesVerb(), a.addColumnVerb(), a.alterColumnVerb(), a.dropConstraintVerb(), a.dropFeatureVerb(),
		a.alterVerb("rename-column TABLE COLUMN NAME", "Gives a column another name: the table needs delta.columnMapping.mode = name.", cobra.ExactArgs(3),
			func(args []string) string { return "RENAME COLUMN " + args[0] + " TO " + args[1] }),
		a.alterVerb("drop-column TABLE COLUMN…", "Drops columns: the table needs delta.columnMapping.mode = name.", cobra.MinimumNArgs(2),
			func(args []string) string { return "DROP COLUMNS (" + strings.Join(args, ", ") + ")" }),
		a.alterVerb("add-constraint TABLE NAME CONDITION", "Holds all rows, of now and of later, to a condition.", cobra.ExactArgs(3),
			func(args []string) string { return "ADD CONSTRAINT " + args[0] + " CHECK (" + args[1] + ")" }),
		a.alterVerb("cluster-by TABLE [COLUMN…]", "Says by what OPTIMIZE clusters a table; no column: by nothing.", cobra.MinimumNArgs(1),
			func(args []string) string {
				if len(args) == 0 {
					return "CLUSTER BY NONE"
				}
				return "CLUSTER BY (" + strings.Join(args, ", ") + ")"
			}),
	}
}

// alterVerb is a command that alters a table, whose name comes first; what makes the rest of the statement of the other arguments.
func (a *app) alterVerb(use, short string, args cobra.PositionalArgs, what func(args []string) string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args, Long: short + "\nTABLE is a name of the catalog, or the path of a table's folder.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), args[0], what(args[1:]))
		},
	}
}

func (a *app) alter(ctx context.Context, table, what string) error {
	return a.show(ctx, "ALTER TABLE "+tableName(table)+" "+what)
}

func (a *app) setPropertiesVerb() *cobra.Command {
	cmd := a.alterVerb("set-properties TABLE NAME=VALUE…", "Sets properties of a table.", cobra.MinimumNArgs(2), nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var list []string
		for _, arg := range args[1:] {
			name, value, ok := strings.Cut(arg, "=")
			if !ok || name == "" {
				return fmt.Errorf("%q is not name=value", arg)
			}
			list = append(list, types.QuoteString(name)+" = "+types.QuoteString(value))
		}
		return a.alter(cmd.Context(), args[0], "SET TBLPROPERTIES ("+strings.Join(list, ", ")+")")
	}
	return cmd
}

func (a *app) unsetPropertiesVerb() *cobra.Command {
	tolerant := false
	cmd := a.alterVerb("unset-properties TABLE NAME…", "Takes properties off a table.", cobra.MinimumNArgs(2), func(args []string) string {
		var list []string
		for _, name := range args {
			list = append(list, types.QuoteString(name))
		}
		return "UNSET TBLPROPERTIES " + ifExists(tolerant) + "(" + strings.Join(list, ", ") + ")"
	})
	cmd.Flags().BoolVar(&tolerant, "if-exists", false, "pass over those that the table has not")
	return cmd
}

func ifExists(tolerant bool) string {
	if tolerant {
		return "IF EXISTS "
	}
	return ""
}

func (a *app) addColumnVerb() *cobra.Command {
	var comment, after string
	first := false
	cmd := a.alterVerb("add-column TABLE COLUMN TYPE", "Adds a column, which is null in the rows that are there.", cobra.ExactArgs(3), func(args []string) string {
		text := "ADD COLUMN " + args[0] + " " + args[1]
		if comment != "" {
			text += " COMMENT " + types.QuoteString(comment)
		}
		switch {
		case first:
			text += " FIRST"
		case after != "":
			text += " AFTER " + after
		}
		return text
	})
	cmd.Flags().StringVar(&comment, "comment", "", "what the column is")
	cmd.Flags().StringVar(&after, "after", "", "the column that it comes behind; by default the last one")
	cmd.Flags().BoolVar(&first, "first", false, "make it the first column")
	cmd.MarkFlagsMutuallyExclusive("after", "first")
	return cmd
}

func (a *app) dropConstraintVerb() *cobra.Command {
	tolerant := false
	cmd := a.alterVerb("drop-constraint TABLE NAME", "Drops a constraint.", cobra.ExactArgs(2), func(args []string) string {
		return "DROP CONSTRAINT " + ifExists(tolerant) + args[0]
	})
	cmd.Flags().BoolVar(&tolerant, "if-exists", false, "be content where there is none of that name")
	return cmd
}

func (a *app) dropFeatureVerb() *cobra.Command {
	truncate := false
	cmd := a.alterVerb("drop-feature TABLE FEATURE", "Takes a feature out of what the table demands of its readers and writers.", cobra.ExactArgs(2), func(args []string) string {
		text := "DROP FEATURE " + types.QuoteIfNeeded(args[0])
		if truncate {
			text += " TRUNCATE HISTORY"
		}
		return text
	})
	cmd.Flags().BoolVar(&truncate, "truncate-history", false, "cut off the versions that may use the feature, in two calls a day apart")
	return cmd
}
