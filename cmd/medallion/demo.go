package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lakehouse/internal/cli"
	"lakehouse/layers"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

func (a *app) demoCommand() *cobra.Command {
	var dir string
	var pause time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Shows the main job on files of shop invoices: bronze, silver and gold at once.",
		Long: "Invoices land file after file while three layers run at once: bronze keeps them as sent, silver makes a row of each line\n" +
			"item, gold sums up revenue. With --dir the result is kept; run again, it goes on where it stopped.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir, pause) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "where to keep the result, a folder or a place in a bucket; by default a new temporary folder, which is kept too, and named")
	cmd.Flags().DurationVar(&pause, "pause", 700*time.Millisecond, "how long to wait between files, to be watched")
	return cmd
}

// demo is one run.
type demo struct {
	app     *app
	root    string
	session *medallion.Session
	queries []*medallion.StreamingQuery
	view    *liveView
	counts  []int64 // line items after each file
}

func (a *app) demo(ctx context.Context, dir string, pause time.Duration) error {
	root, err := demoRoot(dir)
	if err != nil {
		return err
	}
	conf, err := cli.Conf(a.conf)
	if err != nil {
		return err
	}
	d := &demo{app: a, root: root, view: newLiveView(a.out, terminalWidth(a.out))}
	d.session, err = medallion.NewSession(medallion.Options{Root: root, Out: a.out, OnProgress: d.view.progress, Conf: conf})
	if err != nil {
		return err
	}
	defer d.session.Close()
	again, err := d.session.FS().Exists(ctx, "dbfs:/_catalog")
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "medallion demo — invoices land in %s, three layers run at once\n", root)
	if again {
		if err := d.sayWhereItStopped(ctx); err != nil {
			return err
		}
	}
	if d.queries, err = layers.Invoices().Start(ctx, d.session, layers.Settings{}); err != nil {
		return err
	}
	if err := d.feed(ctx, pause); err != nil {
		return err
	}
	d.view.close()
	for _, q := range d.queries {
		q.Stop()
		if err := q.Exception(); err != nil {
			return err
		}
	}
	return d.summary(ctx)
}

// demoRoot gives the folder.
func demoRoot(dir string) (root string, err error) {
	switch {
	case dir == "":
		return os.MkdirTemp("", "medallion-demo-")
	case volumes.IsBucketURI(dir):
		return strings.TrimRight(dir, "/"), nil
	}
	return filepath.Abs(dir)
}

// in is a place below the root, as other programs name it.
func (d *demo) in(parts ...string) string {
	if volumes.IsBucketURI(d.root) {
		return d.root + path.Join("/", path.Join(parts...))
	}
	return filepath.Join(d.root, filepath.Join(parts...))
}

func (d *demo) sayWhereItStopped(ctx context.Context) error {
	n, err := d.session.Table("invoice_line_items").Count(ctx)
	if err != nil {
		return fmt.Errorf("%s holds no demo to go on with: %w", d.root, err)
	}
	fmt.Fprintf(d.app.out, "going on where the last run stopped: %d line items are there; files that were read are not read again\n", n)
	return nil
}

// feed lets the files land one after the other, each when the one before is through all layers.
func (d *demo) feed(ctx context.Context, pause time.Duration) error {
	dir, err := os.MkdirTemp("", "medallion-fixtures-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of the system's temporary ones
	files, err := unpack(invoiceFixtures(), dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Base(f.Path)
		d.view.event("%s lands", name)
		if err := d.session.FS().Cp(ctx, f.Path, layers.InvoicesBase+"/data/invoices/"+name); err != nil {
			return err
		}
		for _, q := range d.queries {
			if err := q.ProcessAllAvailable(ctx); err != nil {
				return err
			}
		}
		n, err := d.session.Table("invoice_line_items").Count(ctx)
		if err != nil {
			return err
		}
		d.counts = append(d.counts, n)
		d.view.event("%s is through: %d line items", name, n)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (d *demo) summary(ctx context.Context) error {
	out := d.app.out
	counts := make([]string, len(d.counts))
	for i, n := range d.counts {
		counts[i] = fmt.Sprint(n)
	}
	fmt.Fprintf(out, "\nLine items after each file: %s\n", strings.Join(counts, ", "))
	if err := d.archive(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nGold, revenue by payment method:")
	gold, err := d.session.SQL(ctx, "SELECT * FROM revenue_by_payment ORDER BY PaymentMethod")
	if err != nil {
		return err
	}
	if err := gold.ShowRows(ctx, out, medallion.ShowOptions{Full: true}); err != nil {
		return err
	}
	fmt.Fprintln(out, "Tables:")
	for _, l := range layers.Invoices().Layers {
		fmt.Fprintf(out, "  %-6s %s\n", l.Kind, d.in("user/hive/warehouse", l.Table))
	}
	table := d.in("user/hive/warehouse", "revenue_by_payment")
	fmt.Fprintf(out, `
Open them with
  medallion   go run ./cmd/medallion sql --root %[2]s -e "SELECT * FROM revenue_by_payment"
  Spark       spark.read.format("delta").load("%[1]s").show()
  DuckDB      INSTALL delta; LOAD delta; SELECT * FROM delta_scan('%[1]s');
  Polars      polars.read_delta("%[1]s")
  delta-rs    deltalake.DeltaTable("%[1]s").to_pyarrow_table()

Go on with this folder: go run ./cmd/medallion demo --dir %[2]s
`, table, d.root)
	return nil
}

func (d *demo) archive(ctx context.Context) error {
	landing := layers.InvoicesBase + "/data/invoices"
	archive := path.Join(layers.InvoicesBase, "data/invoices_archive", landing)
	if ok, err := d.session.FS().Exists(ctx, archive); err != nil || !ok {
		return err
	}
	archived, err := d.session.FS().Ls(ctx, archive)
	if err != nil {
		return err
	}
	names := make([]string, len(archived))
	for i, f := range archived {
		names[i] = f.Name
	}
	fmt.Fprintf(d.app.out, "Archived in %s:\n  %s\n  (the newest file is archived when the next one comes)\n",
		d.in(archive), strings.Join(names, ", "))
	return nil
}

// terminalWidth is how many columns a terminal has; 0: it is none.
func terminalWidth(w any) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	const usual = 80
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return usual
	}
	return width
}
