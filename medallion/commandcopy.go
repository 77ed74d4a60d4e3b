package medallion

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
)

// copyOptions are those of COPY_OPTIONS.
var copyOptions = option.Table{
	{Name: "force", Kind: option.Bool, Default: "false", Doc: "Load all files, also those that were loaded before."},
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Add columns that the table lacks."},
}

// copyInto loads the files that no COPY INTO has loaded into the table yet, each exactly once.
func (s *Session) copyInto(ctx context.Context, c *plan.CopyInto) (*DataFrame, error) {
	opts, err := copyOptions.Parse(c.CopyOptions)
	if err != nil {
		return nil, err
	}
	if c.Format == autoloader.CloudFiles || !files.Known(c.Format) {
		_, err := files.OptionTable(c.Format)
		return nil, err
	}
	const attempts = 5 // of statements that load into one table at once, one is repeated
	for i := 1; ; i++ {
		rows, err := (&copying{CopyInto: c, session: s, opts: opts}).run(ctx)
		switch {
		case err == nil:
			return s.answer("num_affected_rows bigint, num_inserted_rows bigint, num_skipped_corrupt_files bigint", [][]any{{rows, rows, int64(0)}})
		case i == attempts || !errors.Is(err, errclass.DeltaConcurrentTransaction):
			return nil, err
		}
	}
}

// copying is one attempt.
type copying struct {
	*plan.CopyInto
	session *Session
	opts    option.Values
}

func (c *copying) run(ctx context.Context) (rows int64, err error) {
	table, detail, err := c.session.detailOf(ctx, c.Table)
	if err != nil {
		return 0, err
	}
	last, err := table.LastTransaction(ctx, autoloader.CopyInto)
	if err != nil {
		return 0, err
	}
	log := autoloader.OpenLoadLog(table.Store)
	loaded, err := log.Loaded(ctx, last)
	if err != nil {
		return 0, err
	}
	keep := func(f files.File) bool { return c.opts.Bool("force") || !loaded.Has(f) }
	found, err := c.source(ctx, keep, &Schema{}) // first only which files there are: of none no columns can be inferred
	if err != nil || len(found.Files()) == 0 {
		return 0, err
	}
	chosen := map[string]bool{}
	for _, f := range found.Files() {
		chosen[f.Place.URI] = true
	}
	source, err := c.source(ctx, func(f files.File) bool { return chosen[f.Place.URI] }, nil)
	if err != nil {
		return 0, err
	}
	number, err := log.Plan(ctx, last, source.Files())
	if err != nil {
		return 0, err
	}
	return c.write(ctx, table, detail, source, last, number)
}

// source is the files, with the columns given or, where there are none, inferred.
func (c *copying) source(ctx context.Context, keep func(files.File) bool, schema *Schema) (*files.Source, error) {
	options := map[string]string{"ignoreMissingFiles": "true"}
	maps.DeleteFunc(options, func(name, _ string) bool { return optionNamed(c.FormatOptions, name) != "" })
	maps.Copy(options, c.FormatOptions)
	table, err := files.OptionTable(c.Format)
	if err != nil {
		return nil, err
	}
	if !table.Knows("mergeSchema") { // the columns of text formats are always those of all files
		maps.DeleteFunc(options, func(name, _ string) bool { return strings.EqualFold(name, "mergeSchema") })
	}
	r := resolver{Session: c.session}
	return files.NewSource(ctx, files.SourceOptions{
		Space: c.session.space, Format: c.Format, Paths: c.paths(), Schema: schema, Now: c.session.clock, Keep: keep,
		Options: r.withConf(append(slices.Clip(files.SourceOptionTable), table...), options),
	})
}

func (c *copying) paths() []string {
	base := strings.TrimRight(c.Path, "/")
	switch {
	case c.Pattern != "":
		return []string{base + "/" + c.Pattern}
	case c.Files == nil:
		return []string{base}
	}
	paths := make([]string, len(c.Files))
	for i, name := range c.Files {
		paths[i] = base + "/" + name
	}
	return paths
}

func (c *copying) write(ctx context.Context, table delta.Table, detail delta.Detail, source *files.Source, last, number int64) (int64, error) {
	frame := &DataFrame{session: c.session, rel: &resolved{Node: &logical.Relation{Source: source}}}
	if c.Select != nil {
		frame = frame.with(&plan.Project{Input: frame.rel, Expressions: c.Select})
	}
	insert := &plan.Insert{Table: c.Table, Columns: c.Columns, ByName: !c.ByPosition && c.Columns == nil}
	frame, err := (&inserting{Insert: insert, table: detail, name: c.session.fullName(c.Table)}).columns(ctx, frame)
	if err != nil {
		return 0, err
	}
	op, err := frame.operator(ctx)
	if err != nil {
		return 0, err
	}
	options, err := delta.WriteOptionTable.Parse(map[string]string{
		"txnAppId": autoloader.CopyInto, "txnVersion": strconv.FormatInt(number, 10), "mergeSchema": c.opts.String("mergeSchema"),
	})
	if err != nil {
		return 0, err
	}
	written, err := delta.Write(ctx, table, op, delta.WriteOptions{
		Operation: "COPY INTO", Options: options, Workers: c.session.confInt(confWorkers), Eval: c.session.evalContext(), After: &last,
	})
	if err == nil && written.Skipped {
		err = errclass.DeltaConcurrentTransaction.New("another COPY INTO %s was faster.", c.session.fullName(c.Table))
	}
	return written.Rows, err
}
