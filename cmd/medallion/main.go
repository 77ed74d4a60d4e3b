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
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"lakehouse/internal/cli"
	"lakehouse/internal/errclass"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// app is what the subcommands share.
type app struct {
	in   io.Reader
	out  io.Writer
	errs io.Writer
	root string
	conf []string

	release func() // gives signals back their default meaning
}

// exitInterrupted is the status after Ctrl-C, as shells have it.
const exitInterrupted = 130

func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: in, out: out, errs: errs, release: stop}
	cmd := a.command()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "medallion: interrupted")
		return exitInterrupted
	}
	cli.Report(errs, "medallion", err)
	return 1
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
	cmd.PersistentFlags().StringVar(&a.root, "root", "lake", "the folder of volumes, warehouse and catalog, or a place in a bucket: s3://bucket/lake")
	cmd.PersistentFlags().StringArrayVar(&a.conf, "conf", nil, "a setting, name=value; may be given again")
	cmd.AddCommand(a.demoCommand(), a.sqlCommand(), a.tableCommand(), a.interopCommand(), a.checkpointCommand(), a.streamCommand(), a.filesCommand(), a.testCommand())
	return cmd
}

// group is a command that only holds others. Alone it prints its help; with a word that is none of them it fails.
func group(name, short string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var known []string
			for _, c := range cmd.Commands() {
				known = append(known, c.Name())
			}
			return errors.New(strings.TrimSpace(fmt.Sprintf("unknown command %q for %q; the commands are %s. %s",
				args[0], cmd.CommandPath(), strings.Join(known, ", "), errclass.DidYouMean(args[0], known))))
		},
	}
}

// existing opens a root that is there: commands that only look make none.
func (a *app) existing() (*medallion.Session, error) {
	if err := a.requireRoot(); err != nil {
		return nil, err
	}
	return a.session()
}

// requireRoot says of a folder that it is not there. A bucket says so itself.
func (a *app) requireRoot() error {
	if volumes.IsBucketURI(a.root) {
		return nil
	}
	_, err := os.Stat(a.root)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no root folder %s; name one by --root", a.root)
	}
	return err
}

// session opens the root.
func (a *app) session() (*medallion.Session, error) {
	conf, err := cli.Conf(a.conf)
	if err != nil {
		return nil, err
	}
	return medallion.NewSession(medallion.Options{Root: a.root, Out: a.out, Conf: conf})
}
