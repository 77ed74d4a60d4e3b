package delta

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

const (
	// sampledFiles and sampledRows bound what the curve learns from.
	sampledFiles = 256
	sampledRows  = 200_000
	// maxStretches bounds how many files are written side by side; each holds a row group in memory.
	maxStretches = 64
	// arrangedBytes is how much of the rows is sorted at once, over all files.
	arrangedBytes = 256 << 20
)

// checkZOrder refuses columns that cannot help: of partitions, and without statistics.
func (o *optimizing) checkZOrder(schema types.Struct) error {
	stats, err := o.meta.StatsOptions()
	if err != nil {
		return err
	}
	var without []string
	for _, name := range o.opts.ZOrderBy {
		if slices.ContainsFunc(o.meta.PartitionColumns, func(p string) bool { return strings.EqualFold(p, name) }) {
			return errclass.DeltaZOrderPartition.New("%s is a partition column. Z-Ordering can only be performed on data columns.", name)
		}
		if path, _ := columnPath(schema, strings.Split(name, ".")); path != nil && !indexed(schema, o.meta.PartitionColumns, stats.IndexedColumns, path) {
			without = append(without, name)
		}
	}
	if len(without) > 0 && !o.opts.UncheckedStats {
		return errclass.DeltaZOrderNoStats.New("Z-Ordering on %s will be ineffective, because we currently do not collect stats for these columns.", strings.Join(without, ", ")).
			WithHint("You can disable this check by setting SET spark.databricks.delta.optimize.zorder.checkStatsCollection.enabled = false.")
	}
	return nil
}

// indexed reports whether the leaf at a path is one of the first so many that get statistics.
func indexed(schema types.Struct, partition []string, leaves int, path []int) bool {
	if leaves < 0 {
		return true
	}
	before := 0
	for i, f := range schema.Fields {
		if slices.ContainsFunc(partition, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			continue
		}
		if i == path[0] {
			if inner, ok := f.Type.(types.Struct); ok && len(path) > 1 {
				return indexed(inner, nil, leaves-before, path[1:])
			}
			return before < leaves
		}
		before += leafCount(f.Type)
	}
	return false
}

// rewriteAlong writes the rows of a bin in the order of their places on the curve, which is cut into stretches, one for each file.
func (o *optimizing) rewriteAlong(ctx context.Context, b *bin, rows *fileRows) ([]deltalog.AddFile, error) {
	curve := *o.curve
	curve.columns = slices.Clone(o.curve.columns)
	places, err := o.learn(ctx, &curve, b)
	if err != nil {
		return nil, err
	}
	n := int(min(maxStretches, max(1, b.bytes/o.opts.MaxFileSize)))
	along := &alongCurve{rows: rows, curve: &curve, cuts: boundsOf(places, n)}
	w, op, err := o.writer(along, 2*o.opts.MaxFileSize)
	if err != nil {
		return nil, err
	}
	files, err := w.write(ctx, op, len(along.cuts)+1)
	return o.arranged(files, b), err
}

// learn reads a sample of the bin's rows, and gives their places.
func (o *optimizing) learn(ctx context.Context, curve *spaceCurve, b *bin) ([]uint64, error) {
	reader, err := o.snap.Reader(deltalog.ReadOptions{})
	if err != nil {
		return nil, err
	}
	files := b.files
	if len(files) > sampledFiles {
		files = make([]deltalog.AddFile, sampledFiles)
		for i := range files {
			files[i] = b.files[i*len(b.files)/sampledFiles]
		}
	}
	each := max(1, sampledRows/max(1, len(files)))
	var kept []arrow.RecordBatch
	for _, f := range files {
		pieces, err := reader.Pieces(ctx, f)
		if err != nil {
			return nil, err
		}
		left := each
		for _, p := range pieces {
			if left <= 0 {
				break
			}
			for rows, err := range p.Read(ctx) {
				if err != nil {
					return nil, err
				}
				picked := everySo(rows, left)
				left -= int(picked.NumRows())
				kept = append(kept, curve.narrow(picked))
				if left <= 0 {
					break
				}
			}
		}
	}
	narrow := curve.narrowed()
	for _, rows := range kept {
		narrow.sample(rows, 1)
	}
	narrow.learn()
	for d := range curve.columns {
		curve.columns[d].numbers, curve.columns[d].texts = narrow.columns[d].numbers, narrow.columns[d].texts
	}
	var places []uint64
	for _, rows := range kept {
		places = append(places, narrow.places(rows)...)
	}
	return places, nil
}

// everySo picks at most about so many rows of a batch, evenly.
func everySo(b arrow.RecordBatch, most int) arrow.RecordBatch {
	n := int(b.NumRows())
	step := max(1, n/max(1, most))
	picked := make([]int32, 0, n/step+1)
	for i := 0; i < n; i += step {
		picked = append(picked, int32(i))
	}
	return batch.TakeRows(b, picked)
}

// narrow keeps of the rows the columns that the curve looks at; narrowed is the curve over such rows.
func (c *spaceCurve) narrow(b arrow.RecordBatch) arrow.RecordBatch {
	columns := make([]arrow.Array, len(c.columns))
	fields := make([]arrow.Field, len(c.columns))
	for d := range c.columns {
		columns[d], fields[d] = b.Column(c.columns[d].path[0]), b.Schema().Field(c.columns[d].path[0])
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.NumRows())
}

func (c *spaceCurve) narrowed() *spaceCurve {
	n := &spaceCurve{kind: c.kind, bits: c.bits, columns: slices.Clone(c.columns)}
	for d := range n.columns {
		n.columns[d].path = append([]int{d}, n.columns[d].path[1:]...)
	}
	return n
}

// alongCurve shares rows out over stretches of the curve. Each of its sequences is one stretch.
type alongCurve struct {
	rows  *fileRows
	curve *spaceCurve
	cuts  []uint64 // the first places of all stretches but the first
}

func (a *alongCurve) Schema() types.Struct { return a.rows.Schema() }

// Execute reads the rows once, in the goroutine of the first sequence, which hands them on. All sequences must be walked.
func (a *alongCurve) Execute(ctx context.Context, n int) []batch.Seq {
	source := a.rows.Execute(ctx, 1)[0]
	inbox := make([]chan stretchRows, len(a.cuts)+1)
	for i := range inbox {
		inbox[i] = make(chan stretchRows, 2)
	}
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		switch {
		case i >= len(inbox):
			seqs[i] = batch.Of()
		case i == 0:
			seqs[i] = func(yield func(arrow.RecordBatch, error) bool) {
				ctx, cancel := context.WithCancel(ctx)
				done := make(chan struct{})
				defer func() { cancel(); <-done }()
				go func() {
					defer close(done)
					a.share(ctx, source, inbox)
				}()
				a.arrange(ctx, inbox[0], yield)
			}
		default:
			seqs[i] = func(yield func(arrow.RecordBatch, error) bool) { a.arrange(ctx, inbox[i], yield) }
		}
	}
	return seqs
}

// stretchRows are rows of one stretch, with their places.
type stretchRows struct {
	rows   arrow.RecordBatch
	places []uint64
	err    error
}

// share gives each stretch its rows, and closes the inboxes.
func (a *alongCurve) share(ctx context.Context, source batch.Seq, inbox []chan stretchRows) {
	defer func() {
		for _, c := range inbox {
			close(c)
		}
	}()
	send := func(to int, s stretchRows) bool {
		select {
		case inbox[to] <- s:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for b, err := range batch.Guarded(source) {
		if err != nil {
			for i := range inbox {
				send(i, stretchRows{err: err})
			}
			return
		}
		places := a.curve.places(b)
		for to, picked := range a.split(places) {
			if len(picked) == 0 {
				continue
			}
			s := stretchRows{rows: b, places: places}
			if len(picked) < len(places) {
				s.rows, s.places = batch.TakeRows(b, picked), make([]uint64, len(picked))
				for i, row := range picked {
					s.places[i] = places[row]
				}
			}
			if !send(to, s) {
				return
			}
		}
	}
}

// split is the rows of each stretch.
func (a *alongCurve) split(places []uint64) [][]int32 {
	rows := make([][]int32, len(a.cuts)+1)
	for i, p := range places {
		to := rankOf(a.cuts, p)
		rows[to] = append(rows[to], int32(i))
	}
	return rows
}

// arrange sorts a stretch's rows: all at once where they fit into its share of the memory, else run by run.
func (a *alongCurve) arrange(ctx context.Context, in <-chan stretchRows, yield func(arrow.RecordBatch, error) bool) {
	limit := int64(arrangedBytes / (len(a.cuts) + 1))
	var run []stretchRows
	var bytes int64
	flush := func() bool {
		ok, err := emitSorted(run, yield)
		run, bytes = nil, 0
		if err != nil {
			return yield(nil, err)
		}
		return ok
	}
	for s := range in {
		if s.err != nil {
			yield(nil, s.err)
			return
		}
		run = append(run, s)
		if bytes += sizeOf(s.rows); bytes >= limit && !flush() {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(nil, context.Cause(ctx))
		return
	}
	flush()
}

func sizeOf(b arrow.RecordBatch) (bytes int64) {
	for _, c := range b.Columns() {
		bytes += int64(c.Data().SizeInBytes())
	}
	return bytes
}

// emitSorted gives rows in the order of their places.
func emitSorted(run []stretchRows, yield func(arrow.RecordBatch, error) bool) (ok bool, err error) {
	if len(run) == 0 {
		return true, nil
	}
	var places []uint64
	for _, s := range run {
		places = append(places, s.places...)
	}
	order := make([]int32, len(places))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(places[a], places[b]) })
	all, err := together(run)
	if err != nil {
		return false, err
	}
	for at := 0; at < len(order); at += batch.TargetRows {
		if !yield(batch.TakeRows(all, order[at:min(at+batch.TargetRows, len(order))]), nil) {
			return false, nil
		}
	}
	return true, nil
}

// together is the rows of several batches as one.
func together(run []stretchRows) (arrow.RecordBatch, error) {
	first := run[0].rows
	if len(run) == 1 {
		return first, nil
	}
	columns := make([]arrow.Array, first.NumCols())
	var rows int64
	for _, s := range run {
		rows += s.rows.NumRows()
	}
	for c := range columns {
		parts := make([]arrow.Array, len(run))
		for i, s := range run {
			parts[i] = s.rows.Column(c)
		}
		var err error
		if columns[c], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(first.Schema(), columns, rows), nil
}

var _ exec.Operator = (*alongCurve)(nil)
