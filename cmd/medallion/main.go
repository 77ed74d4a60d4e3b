// Command medallion is the lakehouse on the command line: SQL, tables, checkpoints, a demo and a test suite.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lakehouse/internal/cli"
	"lakehouse/medallion"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// app is what the subcommands share.
type app struct {
	in   io.Reader
	out  io.Writer
	errs io.Writer
	root string
}

func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: in, out: out, errs: errs}
	cmd := a.command()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintf(errs, "medallion: %v\n", err)
		return 1
	}
	return 0
}

func (a *app) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "medallion",
		Short: "A lakehouse on one machine: files in, Delta tables out, each file exactly once.",
		Long: "A lakehouse on one machine: files in, Delta tables out, each file exactly once.\n" +
			"Begin with: medallion demo",
		SilenceUsage: true, SilenceErrors: true,
	}
	cmd.SetFlagErrorFunc(cli.FlagError)
	cmd.PersistentFlags().StringVar(&a.root, "root", "lake", "the folder of volumes, warehouse and catalog")
	cmd.AddCommand(a.demoCommand(), a.sqlCommand(), a.tableCommand(), a.checkpointCommand(), a.filesCommand(), a.testCommand())
	return cmd
}

// existing opens a root that is there: commands that only look make none.
func (a *app) existing() (*medallion.Session, error) {
	if err := a.requireRoot(); err != nil {
		return nil, err
	}
	return a.session()
}

func (a *app) requireRoot() error {
	_, err := os.Stat(a.root)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no root folder %s; name one by --root", a.root)
	}
	return err
}

// session opens the root.
func (a *app) session() (*medallion.Session, error) {
	return medallion.NewSession(medallion.Options{Root: a.root, Out: a.out})
}
