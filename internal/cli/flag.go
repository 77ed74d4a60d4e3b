// Package cli is what the command lines of all programs share.
package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lakehouse/internal/errclass"
)

// FlagError adds the near miss to the message about a flag that does not exist.
func FlagError(cmd *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	near := errclass.Nearest(name, known, 1)
	if errclass.DidYouMean(name, known) == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, near[0])
}
