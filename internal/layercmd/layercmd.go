// Package layercmd is the command line that the programs bronze, silver and gold share: each runs the layers of its
// kind of one pipeline, in a process of its own.
package layercmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"lakehouse/internal/cli"
	"lakehouse/internal/errclass"
	"lakehouse/layers"
	"lakehouse/medallion"
)

// Exit statuses.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitInterrupted = 130
)

// tableWait is how often a layer looks whether the table it follows has come into being.
const tableWait = 100 * time.Millisecond

// Main runs the layers of a kind and gives the exit status.
func Main(kind string) int {
	run := &runner{kind: kind, out: os.Stdout, errs: os.Stderr}
	cmd := run.command()
	if err := cmd.ExecuteContext(context.Background()); err != nil {
		cli.Report(os.Stderr, kind, err)
		if errors.Is(err, errInterrupted) {
			return ExitInterrupted
		}
		return ExitFailed
	}
	return ExitOK
}

var errInterrupted = errors.New("interrupted in the middle of a batch; the next start repeats it")

type runner struct {
	kind      string
	out, errs io.Writer

	root, pipeline, trigger string
	conf                    []string
	verbose                 bool
	set                     layers.Settings
}

func (r *runner) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   r.kind,
		Short: "Runs the " + r.kind + " layer of a pipeline until it is stopped.",
		Long: "Runs the " + r.kind + " layer of a pipeline. Layers work together through their tables alone: start, stop and kill each\n" +
			"at any time. Ctrl-C ends the running batch and then the program; a second Ctrl-C ends at once.",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	cmd.SetFlagErrorFunc(cli.FlagError)
	f := cmd.Flags()
	f.StringVar(&r.root, "root", "lake", "the folder of volumes, warehouse and catalog, made when absent; or a place in a bucket: s3://bucket/lake")
	f.StringArrayVar(&r.conf, "conf", nil, "a setting, name=value; may be given again")
	f.StringVar(&r.pipeline, "pipeline", "invoices", "the pipeline: invoices or sales")
	f.StringVar(&r.set.Source, "source", "", "the folder where files land (default: the pipeline's)")
	f.StringVar(&r.set.Checkpoint, "checkpoint", "", "the folder above the checkpoints (default: the pipeline's)")
	f.StringVar(&r.set.Archive, "archive", "", "where --clean-source archive moves finished files (default: the pipeline's)")
	f.StringVar(&r.set.CleanSource, "clean-source", "", "what becomes of finished files: archive, delete or off (default: the pipeline's)")
	f.IntVar(&r.set.MaxFilesPerTrigger, "max-files-per-trigger", 0, "how many files a batch takes at the most; 0: all there are")
	f.StringVar(&r.trigger, "trigger", "default", `when batches run: default, "10 seconds", availableNow or once`)
	f.BoolVarP(&r.verbose, "verbose", "v", false, "print the whole progress of each batch, as JSON")
	return cmd
}

func (r *runner) run(ctx context.Context) error {
	stop, release := newStopper(r.errs)
	defer release()
	pipeline, err := layers.Named(r.pipeline)
	if err != nil {
		return err
	}
	if err := pipeline.Check(r.kind, r.set); err != nil {
		return err
	}
	if r.set.Trigger, err = medallion.ParseTrigger(r.trigger); err != nil {
		return err
	}
	if r.set.MaxFilesPerTrigger < 0 {
		return errclass.InvalidOptionValue.New("--max-files-per-trigger must not be negative, it is %d.", r.set.MaxFilesPerTrigger)
	}
	conf, err := cli.Conf(r.conf)
	if err != nil {
		return err
	}
	session, err := medallion.NewSession(medallion.Options{
		Root: r.root, OnProgress: r.report, Conf: conf,
		Log: slog.New(warnings{slog.NewTextHandler(r.errs, &slog.HandlerOptions{Level: slog.LevelWarn})}),
	})
	if err != nil {
		return err
	}
	defer session.Close()

	queries, err := r.start(ctx, session, pipeline, stop)
	if err != nil {
		return err
	}
	return stop.wait(queries)
}

// warnings passes on what is less than an error: a query's failure is told once, when the program ends of it.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level < slog.LevelError && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// start starts the kind's layers. One whose table is not there yet waits for it, unless its trigger ends. A signal
// in the meantime ends those that run, and the others are not started.
func (r *runner) start(ctx context.Context, session *medallion.Session, pipeline layers.Pipeline, stop *stopper) ([]*medallion.StreamingQuery, error) {
	var queries []*medallion.StreamingQuery
	for _, layer := range pipeline.Of(r.kind) {
		q, err := pipeline.StartLayer(ctx, session, layer, r.set)
		for waits := 0; errors.Is(err, errclass.TableNotFound) && !r.set.Trigger.Ends(); waits++ {
			if waits == 0 {
				fmt.Fprintf(r.out, "%s waits for table %s\n", layer.Name, layer.Reads)
			}
			select {
			case <-stop.signals:
				stop.ask(queries)
				return queries, nil
			case <-time.After(tableWait):
			}
			q, err = pipeline.StartLayer(ctx, session, layer, r.set)
		}
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(r.out, "%s started: %s → %s (id %s)\n", layer.Name, orFiles(layer.Reads), layer.Table, q.ID())
		queries = append(queries, q)
	}
	return queries, nil
}

func orFiles(table string) string {
	if table == "" {
		return "files"
	}
	return table
}

// report prints a line a batch, and one for each file in which records were corrupt or dropped.
func (r *runner) report(p medallion.StreamingQueryProgress) {
	if r.verbose {
		fmt.Fprintln(r.out, p.JSON())
		return
	}
	if p.NumInputRows == 0 && p.DurationMs["addBatch"] == 0 {
		return
	}
	name := p.ID
	if p.Name != nil {
		name = *p.Name
	}
	fmt.Fprintf(r.out, "%s batch %d: %d rows in %d ms → %s\n", name, p.BatchID, p.NumInputRows, p.BatchDuration, p.Sink.Description)
	for _, f := range p.Faulty() {
		fmt.Fprintf(r.out, "%s batch %d: %s\n", name, p.BatchID, f)
	}
}

// stopper turns signals into the ends of queries.
type stopper struct {
	signals chan os.Signal
	errs    io.Writer
	asked   bool
}

func newStopper(errs io.Writer) (*stopper, func()) {
	s := &stopper{signals: make(chan os.Signal, 2), errs: errs}
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	return s, func() { signal.Stop(s.signals) }
}

// wait returns when all queries have ended: by themselves, or because a signal asked them to. Should one fail, the
// others are ended too.
func (s *stopper) wait(queries []*medallion.StreamingQuery) error {
	ended := make(chan error, len(queries))
	for _, q := range queries {
		go func() {
			_, err := q.AwaitTermination(context.Background())
			ended <- err
		}()
	}
	var failure error
	for left := len(queries); left > 0; {
		select {
		case err := <-ended:
			left--
			if err != nil {
				failure = errors.Join(failure, err)
				finish(queries)
			}
		case <-s.signals:
			if s.asked {
				for _, q := range queries {
					q.Stop()
				}
				return errInterrupted
			}
			s.ask(queries)
		}
	}
	return failure
}

// ask ends the queries after their running batches.
func (s *stopper) ask(queries []*medallion.StreamingQuery) {
	s.asked = true
	fmt.Fprintln(s.errs, "ending after the running batch; press Ctrl-C again to end at once")
	finish(queries)
}

func finish(queries []*medallion.StreamingQuery) {
	for _, q := range queries {
		q.Finish()
	}
}
