package deltalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// A RowMetadata is a column that says of a row where it comes from. It is named as here in the batches of a [RowReader].
type RowMetadata string

// What can be asked of each row, beside the columns of the table.
const (
	RowIndex         RowMetadata = "_metadata.row_index"                  // long: its position in its file, counting also rows that a deletion vector took out
	FilePath         RowMetadata = "_metadata.file_path"                  // string: its file, as [AddFile].Path names it
	RowID            RowMetadata = "_metadata.row_id"                     // long: what row tracking calls it; null without row tracking
	RowCommitVersion RowMetadata = "_metadata.row_commit_version"         // long: the version that wrote it last; null without row tracking
	BaseRowID        RowMetadata = "_metadata.base_row_id"                // long: of its file
	DefaultVersion   RowMetadata = "_metadata.default_row_commit_version" // long: of its file
)

// ReadOptions says what a [RowReader] gives. The zero value: every row in the table, with all of the table's columns.
type ReadOptions struct {
	Columns []string // of the table, in the order in which they are wanted; nil: all
	// Where skips row groups that cannot hold a row for which it holds. It does not filter rows.
	Where Predicate
	// Metadata are columns that follow those of the table.
	Metadata []RowMetadata
	// Constants are further columns, to be named in Columns like those of the table: the PartitionValues of a file tell their
	// value, under their names; where they do not, the file itself holds the column.
	Constants []Field
	// WithDeleted gives the rows that deletion vectors took out, too: for who rewrites a file, or looks for what was deleted.
	WithDeleted bool
	// BatchRows is how many rows a batch has at most; 0: a few thousand.
	BatchRows int
}

// A RowReader reads the rows of data files as rows of the table: columns are found by the name, physical name or field id that the
// table goes by, those that a file lacks are null, partition columns are filled in from the log, older types are widened, and rows
// that a deletion vector has taken out are left out. It may be used by several goroutines.
type RowReader struct {
	table *Table
	meta  Metadata
	opts  ReadOptions

	stored    Schema   // the table's columns and the constants, with what the log says of where they are found
	want      Schema   // what is asked for of these, as users see them
	out       Schema   // want, and the metadata columns
	constants []string // columns of which files hold nothing, or may hold nothing
	find      parquetio.Finder
}

// Reader reads the rows of the snapshot's files.
func (s *Snapshot) Reader(opts ReadOptions) (*RowReader, error) {
	return s.table.Reader(s.Metadata(), opts)
}

// Reader reads the rows of data files as rows of a table that has this metadata, which may be that of another version than theirs.
func (t *Table) Reader(meta Metadata, opts ReadOptions) (*RowReader, error) {
	stored, err := meta.Schema()
	if err != nil {
		return nil, t.located(err)
	}
	r := &RowReader{table: t, meta: meta, opts: opts, stored: Schema{Fields: append(slices.Clip(stored.Fields), opts.Constants...)}}
	partition, err := pick(stored, meta.PartitionColumns)
	if err != nil {
		return nil, t.located(err)
	}
	r.constants = append(partition.Names(), Schema{Fields: opts.Constants}.Names()...)
	switch meta.ColumnMapping() {
	case MappingName:
		r.find = parquetio.ByPhysicalName
	case MappingID:
		r.find = parquetio.ByFieldID
	case MappingNone:
	}
	r.want = UserSchema(r.stored)
	if opts.Columns != nil {
		if r.want, err = pick(r.want, opts.Columns); err != nil {
			return nil, t.located(err)
		}
	}
	r.out.Fields = slices.Clone(r.want.Fields)
	for _, m := range opts.Metadata {
		f, err := m.field()
		if err != nil {
			return nil, err
		}
		r.out.Fields = append(r.out.Fields, f)
	}
	return r, nil
}

func (m RowMetadata) field() (Field, error) {
	f := Field{Name: string(m), Type: Long, Nullable: true}
	switch m {
	case RowIndex:
		f.Nullable = false
	case FilePath:
		f.Type, f.Nullable = String, false
	case RowID, RowCommitVersion, BaseRowID, DefaultVersion:
	default:
		known := []string{string(RowIndex), string(FilePath), string(RowID), string(RowCommitVersion), string(BaseRowID), string(DefaultVersion)}
		return f, errclass.UnresolvedColumn.New("there is no metadata column `%s`.", string(m)).WithHint("%s", errclass.DidYouMean(string(m), known))
	}
	return f, nil
}

// Schema is the columns of the rows: those of the table as users see them, then the metadata columns.
func (r *RowReader) Schema() Schema { return r.out }

// Where is a reader that skips the row groups in which the condition cannot hold.
func (r *RowReader) Where(where Predicate) *RowReader {
	narrowed := *r
	narrowed.opts.Where = where
	return &narrowed
}

// Pieces shares the rows of a data file out: pieces of one file may be read at the same time. Rows keep their order within a piece,
// and pieces are in the order of the file.
func (r *RowReader) Pieces(ctx context.Context, file AddFile) ([]batch.Piece, error) {
	f := r.fileOf(file)
	if file.DeletionVector != nil && !r.opts.WithDeleted {
		f.drop = &lazyRows{read: func(ctx context.Context) (*RowSet, error) {
			return r.table.ReadDeletionVector(ctx, file.DeletionVector)
		}}
	}
	return r.pieces(ctx, f), nil
}

// PiecesOf shares out some rows of a data file, whatever its deletion vector says: those that a change has taken away, say.
func (r *RowReader) PiecesOf(ctx context.Context, file AddFile, rows *RowSet) ([]batch.Piece, error) {
	if rows.Len() == 0 {
		return nil, nil
	}
	f := r.fileOf(file)
	f.keep = &lazyRows{rows: rows}
	return r.pieces(ctx, f), nil
}

// pieces opens the file where it is large, and finds out how many pieces it makes.
func (r *RowReader) pieces(ctx context.Context, f *rowsOfFile) []batch.Piece {
	open := func(ctx context.Context) (parquetio.Input, int64, error) {
		in, err := r.table.open(ctx, f.file.Path)
		if err != nil {
			return nil, 0, err
		}
		return in, in.Info().Size, nil
	}
	pieces := parquetio.Split(ctx, open, f.file.Size, parquetio.ReadOptions{
		Schema: f.stored, Find: r.find, Where: r.opts.Where, RowIndex: f.indexed(), BatchRows: r.opts.BatchRows,
	})
	for i, p := range pieces {
		pieces[i] = &filePiece{Piece: p, rowsOfFile: f}
	}
	return pieces
}

// isConstant reports whether a column is the same in all rows of a file, and not in the file. What changed a row is so in most
// files of the change data feed, but not in those that hold changes of all types.
func (r *RowReader) isConstant(file *AddFile, name string) bool {
	if !slices.Contains(r.constants, name) {
		return false
	}
	if r.opts.Constants == nil || (Schema{Fields: r.opts.Constants}).Index(name) < 0 {
		return true
	}
	_, told := file.PartitionValues[name]
	return told
}

// UserSchema is a table's schema without what Delta notes in it for itself.
func UserSchema(s Schema) Schema {
	out, _ := types.MapFields(s, func(f Field) Field {
		f.Metadata = withoutDeltas(f.Metadata)
		return f
	}).(Schema)
	return out
}

func withoutDeltas(metadata map[string]any) map[string]any {
	isDeltas := func(key string, _ any) bool { return strings.HasPrefix(key, "delta.") }
	kept := maps.Clone(metadata)
	if maps.DeleteFunc(kept, isDeltas); len(kept) == 0 {
		return nil
	}
	return kept
}

// partitionText is how a file tells the value of a constant column.
func (r *RowReader) partitionText(file *AddFile, name string) *string {
	if i := r.stored.Index(name); i >= 0 && (Schema{Fields: r.opts.Constants}).Index(name) < 0 {
		name = r.meta.StoredName(r.stored.Fields[i])
	}
	return valueOf(file.PartitionValues, name)
}

func (r *RowReader) materialized(property string) (Field, bool) {
	name := r.meta.Configuration[property]
	return Field{Name: name, Type: Long, Nullable: true}, name != ""
}

// TracksRows reports whether the rows of the table have ids that stay with them.
func (m *Metadata) TracksRows() bool {
	return strings.EqualFold(m.Configuration[propRowTracking], "true")
}

// TrackedFields are the columns in which data files keep what row tracking calls rows that they have from other files, as a
// [RowReader] gives it by RowID and RowCommitVersion, in that order. They stand behind those of [Metadata.StoredSchema]. A table that
// does not track its rows has none.
func (m *Metadata) TrackedFields() []Field {
	id, version := m.Configuration[propRowIDColumn], m.Configuration[propCommitVersionColumn]
	if !m.TracksRows() || id == "" || version == "" {
		return nil
	}
	return []Field{{Name: id, Type: Long, Nullable: true}, {Name: version, Type: Long, Nullable: true}}
}

// The properties that name the columns in which rows that were copied keep what row tracking calls them.
const (
	propRowIDColumn         = "delta.rowTracking.materializedRowIdColumnName"
	propCommitVersionColumn = "delta.rowTracking.materializedRowCommitVersionColumnName"
)

// fileOf settles which columns are read from a file, and which are made.
func (r *RowReader) fileOf(file AddFile) *rowsOfFile {
	f := &rowsOfFile{reader: r, file: file}
	for _, c := range r.want.Fields {
		if r.isConstant(&file, c.Name) {
			f.sources = append(f.sources, columnSource{constant: c.Name})
			continue
		}
		f.sources = append(f.sources, columnSource{at: len(f.stored.Fields)})
		f.stored.Fields = append(f.stored.Fields, r.stored.Fields[r.stored.Index(c.Name)])
	}
	for _, m := range r.opts.Metadata {
		src := columnSource{metadata: m, at: -1}
		property := map[RowMetadata]string{RowID: propRowIDColumn, RowCommitVersion: propCommitVersionColumn}[m]
		if column, ok := r.materialized(property); ok {
			src.at = len(f.stored.Fields)
			f.stored.Fields = append(f.stored.Fields, column)
		}
		f.index = f.index || m == RowIndex || m == RowID && file.BaseRowID != nil
		f.sources = append(f.sources, src)
	}
	return f
}

// String names what the reader reads, for messages.
func (r *RowReader) String() string { return fmt.Sprintf("rows of %s", r.table.opts.Location) }
