package delta

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// SinkOptionTable lists the options of a stream into a table; WriteOptionTable, those of batch writes, which have more.
var (
	SinkOptionTable = append(slices.Clip(commonOptionTable), option.Table{
		{Name: "dataChange", Kind: option.Enum, Values: []string{"true"}, Default: "true", Doc: "Of a stream only true: its rows are new."},
		{Name: "replaceWhere", Unsupported: "a stream does not overwrite"},
		{Name: "replaceOn", Unsupported: "a stream does not overwrite"},
		{Name: "replaceUsing", Unsupported: "a stream does not overwrite"},
		{Name: "targetAlias", Unsupported: "it goes with replaceWhere and replaceOn"},
	}...)
	commonOptionTable = option.Table{
		{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Adds columns that the table lacks."},
		{Name: "overwriteSchema", Kind: option.Bool, Default: "false", Doc: "With overwrite, or a stream's mode complete: the table takes the rows' schema."},
		{Name: "userMetadata", Doc: "A text of one's own in the commit."},
		{Name: "compression", Kind: option.Enum, Values: parquetio.Codecs(), Default: "snappy", Doc: "The codec of the data files."},
		{Name: "targetFileSize", Kind: option.Bytes, Default: "128m", Doc: "About how large a data file becomes."},
		{Name: "maxRecordsPerFile", Kind: option.Count, Default: "0", Doc: "A data file of so many rows is followed by another; 0: no limit."},
		{Name: "optimizeWrite", Kind: option.Bool, Default: "false", Doc: "Fewer and larger files: one worker writes them all."},
		{Name: "partitionOverwriteMode", Kind: option.Enum, Values: []string{"static", "dynamic"}, Default: "static", Doc: "Whether an overwrite replaces all files, or those of the partitions that it writes."},
		{Name: "writePartitionColumns", Kind: option.Bool, Default: "false", Doc: "Data files hold the partition columns, too."},
		{Name: "parquet.writer.version", Kind: option.Enum, Values: []string{"v1"}, Default: "v1", Doc: "The version of Parquet's pages: v1, which every reader knows."},
	}
	WriteOptionTable = append(slices.Clip(commonOptionTable), option.Table{
		{Name: "replaceWhere", Doc: "With overwrite: a condition on the table's columns. The rows for which it holds are replaced; it must hold for the new ones, too."},
		{Name: "replaceOn", Doc: "With overwrite: a condition on rows of the table and of the frame (see targetAlias). The table's rows that meet one of the frame's are replaced."},
		{Name: "replaceUsing", Doc: "With overwrite: columns, with commas between them. The table's rows that have the same values there as one of the frame's are replaced."},
		{Name: "targetAlias", Doc: "What replaceWhere and replaceOn call the table."},
		{Name: "txnAppId", Doc: "Batch writes: with txnVersion, names the writer, whose writes of one version count once."},
		{Name: "dataChange", Kind: option.Bool, Default: "true", Doc: "Batch writes: false says that the write only arranges rows anew that the table has: streams from the table pass it over."},
		{Name: "txnVersion", Kind: option.Count, Doc: "Batch writes: with txnAppId, the version of the writer's write."},
	}...)
)

// WriteOptions says how a batch is written.
type WriteOptions struct {
	SessionSettings
	Overwrite       bool
	OverwriteSchema bool
	PartitionBy     []string
	ClusterBy       [][]string // of a table that is made, or replaced as a whole
	Properties      map[string]string
	Comment         string // of a table that is made, or replaced as a whole
	Managed         bool   // likewise: its folder belongs to its name
	Operation       string // commitInfo's: WRITE, CREATE TABLE AS SELECT …
	Options         option.Values
	After           *int64             // with txnAppId: what the writer's newest version must be; nil: an older one than txnVersion
	Read            *deltalog.Snapshot // the version of the table that the rows come from, see [Table.ReadBy]; nil: they come from elsewhere
}

// Written is what a write did.
type Written struct {
	Version int64
	Rows    int64
	Skipped bool // the transaction was already in the table
}

// Write appends the operator's rows to the table, or replaces its content by them. A table that does not
// exist is made by the same commit.
func Write(ctx context.Context, t Table, op exec.Operator, opts WriteOptions) (Written, error) {
	app := opts.Options.String("txnAppId")
	if opts.Options.Has("txnVersion") != (app != "") {
		return Written{}, errclass.DeltaIdempotentOptions.New("Invalid options for idempotent Dataframe writes: both txnAppId and txnVersion must be given.").
			WithHint("Give the one that is missing, or neither.")
	}
	var err error
	if opts.Properties, err = tableProperties(opts.Properties); err != nil {
		return Written{}, err
	}
	w := &writing{table: t, opts: opts}
	if err := w.begin(ctx, nullable(op.Schema())); err != nil {
		return Written{}, err
	}
	if opts.After != nil {
		if err := w.follows(ctx, app, *opts.After); err != nil {
			return Written{}, err
		}
	}
	if app != "" {
		done, err := w.already(ctx, app, opts.Options.Int("txnVersion"))
		if err != nil || done {
			return Written{Skipped: true}, err
		}
	}
	return w.run(ctx, op)
}

// streamingUpdate is the operation of a micro-batch.
const streamingUpdate = "STREAMING UPDATE"

// writing is one transaction that adds rows.
type writing struct {
	table  Table
	opts   WriteOptions
	snap   *deltalog.Snapshot // nil: the table is being made
	txn    *deltalog.Txn
	meta   deltalog.Metadata // the table's, after the write
	schema types.Struct      // likewise
	parts  []string
	keys   []string // of the partition columns, in partition values
	params deltalog.Parameters
}

// begin opens the transaction and settles the table's schema.
func (w *writing) begin(ctx context.Context, rows types.Struct) error {
	if w.opts.Options.Bool("overwriteSchema") && !w.opts.Overwrite {
		return errclass.InvalidOption.New("option 'overwriteSchema' says how a table is overwritten, and this write appends.").
			WithHint("Write with mode overwrite, or add columns with option mergeSchema.")
	}
	snap, err := w.base(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return w.create(rows)
	}
	if err != nil {
		return err
	}
	w.snap, w.parts = snap, snap.Metadata().PartitionColumns
	w.txn, w.meta = snap.Begin(w.operation()), snap.Metadata()
	if w.opts.Read != nil {
		w.txn.ReadWholeTable()
	}
	have, err := snap.Schema()
	if err != nil {
		return err
	}
	return w.settle(have, rows)
}

// base is the version that the write stands on.
func (w *writing) base(ctx context.Context) (*deltalog.Snapshot, error) {
	if w.opts.Read != nil {
		return w.opts.Read, nil
	}
	return w.table.Log.Snapshot(ctx)
}

func (w *writing) create(rows types.Struct) error {
	parts, err := datafiles.PartitionColumns(rows, w.opts.PartitionBy)
	if err != nil {
		return err
	}
	w.schema, w.parts = rows, parts
	if err := w.checkClustering(); err != nil {
		return err
	}
	w.txn = w.table.Log.BeginCreate(w.operation())
	err = w.change(deltalog.Metadata{PartitionColumns: w.parts, Configuration: w.opts.Properties, Description: w.opts.Comment}.WithSchema(rows))
	if err != nil {
		return err
	}
	return w.cluster()
}

// change makes the metadata the table's: with ids and physical names for columns that are new, where they are mapped.
func (w *writing) change(m deltalog.Metadata) error {
	if w.rearranges() {
		return errclass.DeltaDataChangeFalse.New("Cannot change table metadata because the 'dataChange' option is set to false. Attempted operation: '%s'.", w.opts.Operation).
			WithHint("Change the columns by a write of its own, or leave the option out.")
	}
	w.txn.UpdateMetadata(m)
	w.meta = w.txn.Metadata()
	return nil
}

// rearranges reports whether the write changes no rows of the table, but where they lie.
func (w *writing) rearranges() bool {
	return w.opts.Options.Has("dataChange") && !w.opts.Options.Bool("dataChange")
}

func (w *writing) operation() deltalog.Operation {
	return deltalog.Operation{Name: w.opts.Operation, Parameters: w.parameters(), UserMetadata: w.opts.Options.String("userMetadata")}
}

// parameters are commitInfo's operationParameters, as Spark writes them.
func (w *writing) parameters() deltalog.Parameters {
	if w.params != nil {
		return w.params
	}
	if strings.HasSuffix(w.opts.Operation, "TABLE AS SELECT") {
		return w.creation()
	}
	mode := "Append"
	if w.opts.Overwrite {
		mode = "Overwrite"
	}
	by, err := json.Marshal(append([]string{}, w.opts.PartitionBy...))
	if err != nil {
		by = []byte("[]")
	}
	p := deltalog.Parameters{}.With("mode", mode).With("partitionBy", string(by))
	if w.opts.Overwrite && w.dynamic() {
		p = p.With("isDynamicPartitionOverwrite", true)
	}
	return p
}

// creation is what the history tells of a table that is made of rows.
func (w *writing) creation() deltalog.Parameters {
	var description any
	if w.opts.Comment != "" {
		description = w.opts.Comment
	}
	clustered := []string{}
	for _, path := range w.opts.ClusterBy {
		clustered = append(clustered, dotted(path))
	}
	return deltalog.Parameters{}.With("partitionBy", jsonList(w.opts.PartitionBy)).With("clusterBy", jsonText(clustered)).With("description", description).
		With("isManaged", strconv.FormatBool(w.opts.Managed)).With("properties", jsonText(withoutProtocol(w.opts.Properties)))
}

// settle checks the rows' columns against the table's: what the table lacks is added under mergeSchema
// and refused otherwise; what the rows lack is null. Under overwriteSchema the table's columns are replaced.
func (w *writing) settle(have, rows types.Struct) error {
	w.schema = have
	if w.dynamic() && w.opts.Overwrite && w.opts.Options.Bool("overwriteSchema") {
		return errclass.DeltaOverwriteSchemaDynamic.New("'overwriteSchema' cannot be used in dynamic partition overwrite mode.")
	}
	if w.opts.Overwrite && (w.opts.OverwriteSchema || w.opts.Options.Bool("overwriteSchema")) {
		return w.replaceSchema(rows)
	}
	if by := w.opts.PartitionBy; len(by) > 0 && !slices.EqualFunc(by, w.parts, strings.EqualFold) {
		return errclass.DeltaSchemaMismatch.New("the table %s is partitioned by %v, the write by %v.", w.table.URI, w.parts, by).
			WithHint("Leave out partitionBy, or overwrite with overwriteSchema=true.")
	}
	evolved, widened := have, false
	if w.opts.MergesSchema(w.opts.Options) && w.meta.TypeWidening() {
		evolved, widened = deltalog.Evolve(have, rows, w.opts.Widening.rule())
	}
	extra := unknownField(have, rows)
	if extra == "" && !widened {
		return nil
	}
	if !w.opts.MergesSchema(w.opts.Options) {
		return errclass.DeltaSchemaMismatch.New("A schema mismatch detected when writing to the Delta table %s: it has no column `%s`. Table schema: %s. Data schema: %s.",
			w.table.URI, extra, have, rows).
			WithHint("To enable schema migration, set: '.option(\"mergeSchema\", \"true\")'.")
	}
	w.schema = withUnknownFields(evolved, rows)
	return w.update(func(*deltalog.Metadata) {})
}

// replaceSchema gives the table the rows' columns, and the partitions and clustering that the write asks for.
func (w *writing) replaceSchema(rows types.Struct) error {
	parts, err := datafiles.PartitionColumns(rows, w.opts.PartitionBy)
	if err != nil {
		return err
	}
	w.schema, w.parts = rows, parts
	if err := w.checkClustering(); err != nil {
		return err
	}
	err = w.update(func(m *deltalog.Metadata) {
		m.PartitionColumns = parts
		if w.opts.OverwriteSchema { // the table is another now
			m.Description, m.Configuration = w.opts.Comment, maps.Clone(w.opts.Properties)
		}
	})
	if err != nil {
		return err
	}
	return w.cluster()
}

func (w *writing) update(change func(*deltalog.Metadata)) error {
	meta := w.meta.WithSchema(w.schema)
	if w.opts.Properties != nil {
		meta.Configuration = maps.Clone(w.opts.Properties)
	}
	change(&meta)
	return w.change(meta)
}

// already reports whether the table holds the writer's version; if not, the commit will record it.
func (w *writing) already(ctx context.Context, app string, version int64) (bool, error) {
	if w.snap != nil {
		last, ok, err := w.snap.SetTransaction(ctx, app)
		if err != nil {
			return false, err
		}
		if ok && last >= version {
			return true, w.snap.Secure(ctx)
		}
	}
	w.txn.SetTransaction(app, version)
	return false, nil
}

// run writes the files and commits.
func (w *writing) run(ctx context.Context, op exec.Operator) (Written, error) {
	counter, err := newIdentity(w.meta)
	if err != nil {
		return Written{}, err
	}
	if op, err = enforced(op, w.meta, enforcement{Eval: w.opts.Eval, Identity: counter}); err != nil {
		return Written{}, err
	}
	if op, err = w.asStored(op); err != nil {
		return Written{}, err
	}
	protocol, err := w.txn.Protocol()
	if err != nil {
		return Written{}, err
	}
	fw, err := newFiles(w.table.Store, op.Schema(), protocol, &w.meta, w.opts.Options)
	if err != nil {
		return Written{}, err
	}
	added, err := fw.writeAs(ctx, op, max(1, w.opts.Workers), optimizesWrites(w.opts.Options, w.opts.OptimizeWrite, w.meta))
	if err != nil {
		return Written{}, err
	}
	if err := counter.Commit(w.txn); err != nil {
		return Written{}, err
	}
	var rows, bytes int64
	for _, f := range added {
		f.add.DataChange = !w.rearranges()
		w.txn.Add(f.add)
		rows, bytes = rows+f.rows, bytes+f.add.Size
	}
	removed, err := w.replace(ctx, added)
	if err != nil {
		return Written{}, err
	}
	w.txn.SetMetrics(w.metrics(len(added), rows, bytes, removed))
	commit, err := w.txn.Commit(ctx)
	if err == nil {
		autoCompact(ctx, w.table, w.meta, w.opts.AutoCompact, w.opts.Workers)
	}
	return Written{Version: commit.Version, Rows: rows}, err
}

// asStored is the rows as data files have them: where columns are mapped, under their physical names and with their ids.
func (w *writing) asStored(op exec.Operator) (exec.Operator, error) {
	if w.meta.ColumnMapping() == deltalog.MappingNone {
		return op, nil
	}
	stored, err := w.meta.StoredSchema()
	return &renamed{op, stored}, err
}

// metrics are commitInfo's operationMetrics: a stream's write tells more than a batch's.
func (w *writing) metrics(added int, rows, bytes int64, removed replacedFiles) map[string]string {
	m := map[string]string{"numOutputRows": strconv.FormatInt(rows, 10), "numOutputBytes": strconv.FormatInt(bytes, 10)}
	if w.opts.Operation == streamingUpdate {
		m["numAddedFiles"], m["numRemovedFiles"] = strconv.Itoa(added), strconv.Itoa(removed.files)
		return m
	}
	m["numFiles"] = strconv.Itoa(added)
	if w.opts.Overwrite && w.snap != nil {
		m["numRemovedFiles"], m["numRemovedBytes"] = strconv.Itoa(removed.files), strconv.FormatInt(removed.bytes, 10)
	}
	return m
}

func nullable(s types.Struct) types.Struct { return types.AsNullable(s).(types.Struct) }
