package deltalog

import (
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// checkpointRows turns actions into the rows of a checkpoint and hands them on in batches.
type checkpointRows struct {
	layout  checkpointLayout
	schema  *arrow.Schema
	columns [checkpointColumns]*array.StructBuilder // nil: the file has no such column
	order   []int                                   // of the columns in the file
	nulls   [checkpointColumns]arrow.Array          // of a column that has no action in a batch
	pending int
	rows    int64
	adds    fileCount
	emit    func(arrow.RecordBatch) error
}

// checkpointBatch is how many rows are handed on at a time. They are wide, and many lie in none of them but one column.
const checkpointBatch = 2048

func newCheckpointRows(layout checkpointLayout, columns []int, emit func(arrow.RecordBatch) error) *checkpointRows {
	r := &checkpointRows{adds: noFiles(), layout: layout, schema: types.ToArrowSchema(layout.schema(columns...)), order: columns, emit: emit}
	for i, column := range columns {
		t := r.schema.Field(i).Type.(*arrow.StructType)
		r.columns[column] = array.NewStructBuilder(memory.DefaultAllocator, t)
	}
	return r
}

// begin starts a row whose action is in the column; its fields are then appended in the order of the schema. The other columns are
// null there, which is made up for when they next have an action or the batch ends.
func (r *checkpointRows) begin(column int) *fieldAppender {
	group := r.columns[column]
	group.AppendNulls(r.pending - group.Len())
	group.Append(true)
	return &fieldAppender{group: group}
}

func (r *checkpointRows) end() error {
	r.rows++
	r.pending++
	if r.pending < checkpointBatch {
		return nil
	}
	return r.flush()
}

func (r *checkpointRows) flush() error {
	if r.pending == 0 {
		return nil
	}
	columns := make([]arrow.Array, len(r.order))
	for i, column := range r.order {
		columns[i] = r.column(column)
	}
	rows := r.pending
	r.pending = 0
	return r.emit(array.NewRecordBatch(r.schema, columns, int64(rows)))
}

// column is what a column holds in the pending rows.
func (r *checkpointRows) column(column int) arrow.Array {
	group := r.columns[column]
	if group.Len() > 0 {
		group.AppendNulls(r.pending - group.Len())
		return group.NewArray()
	}
	if r.nulls[column] == nil {
		r.nulls[column] = types.NullArray(group.Type(), checkpointBatch)
	}
	return array.NewSlice(r.nulls[column], 0, int64(r.pending))
}

// state writes the actions that are not of files.
func (r *checkpointRows) state(a *Actions) error {
	if err := r.protocol(a.Protocol); err != nil {
		return err
	}
	if err := r.metadata(a.Metadata); err != nil {
		return err
	}
	for _, txn := range a.Transactions {
		if err := r.txn(txn); err != nil {
			return err
		}
	}
	for _, domain := range a.Domains {
		if err := r.domain(domain); err != nil {
			return err
		}
	}
	return nil
}

func (r *checkpointRows) protocol(p *Protocol) error {
	f := r.begin(columnProtocol)
	f.int32(int32(p.MinReaderVersion))
	f.int32(int32(p.MinWriterVersion))
	f.texts(p.ReaderFeatures, p.MinReaderVersion >= readerTableFeatures)
	f.texts(p.WriterFeatures, p.MinWriterVersion >= writerTableFeatures)
	return r.end()
}

func (r *checkpointRows) metadata(m *Metadata) error {
	f := r.begin(columnMetadata)
	f.text(m.ID)
	f.optionalText(m.Name)
	f.optionalText(m.Description)
	format := f.inner()
	format.text(m.Format.Provider)
	format.textMap(pointers(m.Format.Options))
	f.text(m.SchemaString)
	f.texts(m.PartitionColumns, true)
	f.textMap(pointers(m.Configuration))
	f.optionalInt64(m.CreatedTime, m.CreatedTime != 0)
	return r.end()
}

func (r *checkpointRows) txn(t SetTransaction) error {
	f := r.begin(columnTxn)
	f.text(t.AppID)
	f.int64(t.Version)
	f.optionalInt64(t.LastUpdated, t.LastUpdated != 0)
	return r.end()
}

func (r *checkpointRows) domain(d DomainMetadata) error {
	f := r.begin(columnDomain)
	f.text(d.Domain)
	f.text(d.Configuration)
	f.bool(d.Removed)
	return r.end()
}

// add writes a live file. In a checkpoint nothing is new, so dataChange is false.
func (r *checkpointRows) add(a *AddFile) error {
	r.adds.add(a.Size, a.DeletionVector, 1)
	f := r.begin(columnAdd)
	f.text(encodedPathOf(a.Path, a.encodedPath))
	f.textMap(a.PartitionValues)
	f.int64(a.Size)
	f.int64(a.ModificationTime)
	f.bool(false)
	f.optionalTextMap(a.Tags)
	f.vector(a.DeletionVector)
	f.pointer(a.BaseRowID)
	f.pointer(a.DefaultRowCommitVersion)
	f.optionalText(a.ClusteringProvider)
	if r.layout.text {
		f.optionalText(a.Stats)
	}
	if len(r.layout.partition) > 0 {
		f.parsedPartition(r.layout.partition, a.PartitionValues)
	}
	if len(r.layout.stats.Fields) > 0 {
		f.parsedStats(r.layout.stats, a.Stats)
	}
	return r.end()
}

func (r *checkpointRows) checkpoint(c *checkpointMetadata) error {
	f := r.begin(columnCheckpoint)
	f.int64(c.Version)
	f.textMap(pointers(c.Tags))
	return r.end()
}

func (r *checkpointRows) sidecar(s *sidecar) error {
	f := r.begin(columnSidecar)
	f.text(s.Path)
	f.int64(s.SizeInBytes)
	f.int64(s.ModificationTime)
	f.textMap(pointers(s.Tags))
	return r.end()
}

func (r *checkpointRows) remove(file *RemoveFile) error {
	f := r.begin(columnRemove)
	f.text(encodedPathOf(file.Path, file.encodedPath))
	f.optionalInt64(file.DeletionTimestamp, file.DeletionTimestamp != 0)
	f.bool(false)
	f.bool(file.ExtendedFileMetadata)
	if file.ExtendedFileMetadata {
		f.textMap(file.PartitionValues)
	} else {
		f.null()
	}
	f.optionalInt64(file.Size, file.ExtendedFileMetadata)
	f.vector(file.DeletionVector)
	f.pointer(file.BaseRowID)
	f.pointer(file.DefaultRowCommitVersion)
	return r.end()
}

// A fieldAppender fills the fields of one struct value from left to right.
type fieldAppender struct {
	group *array.StructBuilder
	next  int
}

func (f *fieldAppender) field() array.Builder {
	f.next++
	return f.group.FieldBuilder(f.next - 1)
}

func (f *fieldAppender) null()         { f.field().AppendNull() }
func (f *fieldAppender) text(s string) { f.field().(*array.StringBuilder).Append(s) }
func (f *fieldAppender) int64(n int64) { f.field().(*array.Int64Builder).Append(n) }
func (f *fieldAppender) int32(n int32) { f.field().(*array.Int32Builder).Append(n) }
func (f *fieldAppender) bool(v bool)   { f.field().(*array.BooleanBuilder).Append(v) }

// optionalText writes the empty text as null.
func (f *fieldAppender) optionalText(s string) {
	if s == "" {
		f.null()
		return
	}
	f.text(s)
}

func (f *fieldAppender) optionalInt64(n int64, known bool) {
	if !known {
		f.null()
		return
	}
	f.int64(n)
}

func (f *fieldAppender) pointer(n *int64) {
	if n == nil {
		f.null()
		return
	}
	f.int64(*n)
}

// inner starts a nested struct.
func (f *fieldAppender) inner() *fieldAppender {
	group := f.field().(*array.StructBuilder)
	group.Append(true)
	return &fieldAppender{group: group}
}

func (f *fieldAppender) texts(list []string, known bool) {
	builder := f.field().(*array.ListBuilder)
	if !known {
		builder.AppendNull()
		return
	}
	builder.Append(true)
	for _, s := range list {
		builder.ValueBuilder().(*array.StringBuilder).Append(s)
	}
}

func (f *fieldAppender) textMap(m map[string]*string) {
	builder := f.field().(*array.MapBuilder)
	builder.Append(true)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		builder.KeyBuilder().(*array.StringBuilder).Append(key)
		if v := m[key]; v != nil {
			builder.ItemBuilder().(*array.StringBuilder).Append(*v)
		} else {
			builder.ItemBuilder().AppendNull()
		}
	}
}

func (f *fieldAppender) optionalTextMap(m map[string]string) {
	if m == nil {
		f.null()
		return
	}
	f.textMap(pointers(m))
}

func pointers(m map[string]string) map[string]*string {
	out := make(map[string]*string, len(m))
	for key, v := range m {
		out[key] = &v
	}
	return out
}

func (f *fieldAppender) vector(v *DeletionVector) {
	if v == nil {
		f.null()
		return
	}
	vector := f.inner()
	vector.text(v.StorageType)
	vector.text(v.PathOrInlineDV)
	if v.Offset != nil {
		vector.int32(*v.Offset)
	} else {
		vector.null()
	}
	vector.int32(v.SizeInBytes)
	vector.int64(v.Cardinality)
	vector.pointer(v.MaxRowIndex)
}
