package medallion

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
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
	if c.Validate != nil {
		return (&copying{CopyInto: c, session: s, opts: opts}).validate(ctx)
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
	source, last, err := c.unloaded(ctx, table)
	if err != nil || source == nil {
		return 0, err
	}
	number, err := autoloader.OpenLoadLog(table.Store).Plan(ctx, last, source.Files())
	if err != nil {
		return 0, err
	}
	return c.write(ctx, table, detail, source, last, number)
}

// unloaded is the files that are to be loaded; nil: none. last is the newest list of those that were.
func (c *copying) unloaded(ctx context.Context, table delta.Table) (source *files.Source, last int64, err error) {
	if last, err = table.LastTransaction(ctx, autoloader.CopyInto); err != nil {
		return nil, 0, err
	}
	found := autoloader.NewUnloaded()
	look := func(f files.File) bool { // first only which files there are: of none no columns can be inferred
		found.Add(f)
		return false
	}
	if _, err := c.source(ctx, look, &Schema{}); err != nil {
		return nil, last, err
	}
	if !c.opts.Bool("force") {
		if err := autoloader.OpenLoadLog(table.Store).Strike(ctx, last, found); err != nil {
			return nil, last, err
		}
	}
	if found.Len() == 0 {
		return nil, last, nil
	}
	source, err = c.source(ctx, found.Has, nil)
	return source, last, err
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
	frame, err := c.frame(ctx, detail, source)
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
		Operation: "COPY INTO", Options: options, SessionSettings: c.session.writeSettings(), After: &last,
	})
	if err == nil && written.Skipped {
		err = errclass.DeltaConcurrentTransaction.New("another COPY INTO %s was faster.", c.session.fullName(c.Table))
	}
	return written.Rows, err
}

// frame is the files' rows under the names of the table's columns.
func (c *copying) frame(ctx context.Context, detail delta.Detail, source *files.Source) (*DataFrame, error) {
	frame := &DataFrame{session: c.session, rel: &resolved{Node: &logical.Relation{Source: source}}}
	if c.Select != nil {
		frame = frame.with(&plan.Project{Input: frame.rel, Expressions: c.Select})
	}
	insert := &plan.Insert{Table: c.Table, Columns: c.Columns, ByName: !c.ByPosition && c.Columns == nil}
	return (&inserting{Insert: insert, table: detail, name: c.session.fullName(c.Table)}).columns(ctx, frame)
}

// previewRows is how many rows VALIDATE shows at the most.
const previewRows = 50

// validate reads the rows, or the first of them, and gives some as they would be written. It writes nothing.
func (c *copying) validate(ctx context.Context) (*DataFrame, error) {
	table, detail, err := c.session.detailOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	source, _, err := c.unloaded(ctx, table)
	if err != nil {
		return nil, err
	}
	if source == nil {
		return &DataFrame{session: c.session, rel: localRelation(types.AsNullable(detail.Schema).(Schema))}, nil
	}
	frame, err := c.frame(ctx, detail, source)
	if err != nil {
		return nil, err
	}
	if c.Validate.Rows > 0 {
		frame = frame.Limit(int(c.Validate.Rows))
	}
	op, err := frame.operator(ctx)
	if err != nil {
		return nil, err
	}
	options, err := delta.WriteOptionTable.Parse(map[string]string{"mergeSchema": c.opts.String("mergeSchema")})
	if err != nil {
		return nil, err
	}
	if op, err = delta.Validated(ctx, table, op, delta.WriteOptions{Options: options, SessionSettings: c.session.writeSettings()}); err != nil {
		return nil, err
	}
	var shown []arrow.RecordBatch
	left := int64(previewRows)
	for b, err := range exec.InOrder(ctx, op, c.session.confInt(confWorkers)) {
		if err != nil {
			return nil, err
		}
		if n := min(left, b.NumRows()); n > 0 {
			shown, left = append(shown, b.NewSlice(0, n)), left-n
		}
	}
	return &DataFrame{session: c.session, rel: localRelation(types.AsNullable(op.Schema()).(Schema), shown...)}, nil
}
