package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lakehouse/internal/types"
)

// changesVerb is table_changes from the command line.
func (a *app) changesVerb() *cobra.Command {
	var from, to int64
	cmd := a.tableVerb("changes", "Shows which rows versions have inserted, updated and deleted: the table needs delta.enableChangeDataFeed = true.",
		func(ctx context.Context, t string) error {
			bounds := fmt.Sprint(from)
			if to >= 0 {
				bounds += fmt.Sprintf(", %d", to)
			}
			return a.show(ctx, "SELECT * FROM table_changes("+types.QuoteString(t)+", "+bounds+") ORDER BY _commit_version")
		})
	cmd.Flags().Int64Var(&from, "from", 0, "the first version")
	cmd.Flags().Int64Var(&to, "to", -1, "the last version; by default the newest")
	return cmd
}
