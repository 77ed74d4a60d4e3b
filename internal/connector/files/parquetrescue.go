package files

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A parquetRescue is a reading of Parquet files that keeps, or takes note of, what the wanted columns do not take of a file.
// It has to look at each file's own schema.
type parquetRescue struct {
	opts   parquetio.ReadOptions // of all columns but the rescued-data column
	known  types.Struct          // the columns of the schema, wanted or not: what they take is not rescued
	at     int                   // of the rescued-data column among the wanted; -1: not wanted
	arrow  *arrow.Schema         // of the batches
	format parquetFormat
}

func (f parquetFormat) rescuedColumn() string { return f.rescued }

func (f parquetFormat) noting(found *records.Found) Format {
	f.found = found
	return f
}

func (f parquetFormat) withRowIndex() Format {
	f.rowIndex = true
	return f
}

// rescuing is the scan where the rescued-data column is wanted, or somebody asks what the files hold.
func (f parquetFormat) rescuing(schema types.Struct, opts parquetio.ReadOptions) (Scan, error) {
	want := opts.Schema
	rescue, err := records.NewRescue(want, records.Policy{Rescued: f.rescued, RescuedPath: f.rescuedPath})
	if err != nil {
		return nil, err
	}
	s := &parquetRescue{at: -1, format: f, opts: opts, known: without(schema, f.rescued)}
	if rescue != nil {
		s.at = rescue.Column
		s.opts.Schema = without(want, f.rescued)
	}
	if f.rowIndex {
		want.Fields = append(slices.Clip(want.Fields), types.Field{Name: rowIndex, Type: types.Long})
	}
	s.arrow = types.ToArrowSchema(want)
	return s, nil
}

func without(schema types.Struct, name string) types.Struct {
	var out types.Struct
	for _, f := range schema.Fields {
		if name == "" || f.Name != name {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// Pieces gives one piece: it looks into the file when it is read.
func (s *parquetRescue) Pieces(_ context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	return []Piece{&parquetPiece{&rescuePiece{s, file, info}, file}}, nil
}

// rescuePiece is a file of a parquetRescue.
type rescuePiece struct {
	scan  *parquetRescue
	place volumes.Location
	info  volumes.Info
}

// Size is the file's.
func (p *rescuePiece) Size() int64 { return p.info.Size }

// Read looks at the file's schema, and then reads it.
func (p *rescuePiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if err := p.read(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

func (p *rescuePiece) read(ctx context.Context, yield func(arrow.RecordBatch, error) bool) error {
	in, err := openParquet(ctx, p.place, p.info)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := parquetio.Open(in, p.info.Size)
	if err != nil {
		return err
	}
	opts, rest, err := p.scan.plan(file)
	if err != nil {
		return err
	}
	pieces, err := file.Pieces(opts)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		for b, err := range piece.Read(ctx) {
			if err != nil {
				return err
			}
			if !yield(p.scan.complete(b, rest, p.place.URI), nil) {
				return nil
			}
		}
	}
	return nil
}

// plan is what is read of a file: the wanted columns that fit, and behind them the rest.
func (s *parquetRescue) plan(file *parquetio.File) (opts parquetio.ReadOptions, rest types.Struct, err error) {
	have, err := file.Schema()
	if err != nil {
		return opts, rest, err
	}
	takes := make([]types.Type, len(have.Fields)) // what of a column of the file is taken; nil: nothing
	unfit, unfitAt := map[string]bool{}, map[int]bool{}
	for _, f := range s.known.Fields {
		at, fits, err := file.Fit(f.Name, f.Type, s.format.caseSensitive)
		switch {
		case err != nil:
			return opts, rest, err
		case at >= 0 && fits:
			takes[at] = f.Type
		case at >= 0:
			unfit[f.Name], unfitAt[at] = true, true
			s.misfit(f.Name, have.Fields[at].Type)
		}
	}
	for i, f := range have.Fields {
		if takes[i] == nil && !unfitAt[i] {
			s.unknown([]string{f.Name}, f.Type)
		}
		if left := s.left([]string{f.Name}, f.Type, takes[i]); left != nil {
			rest.Fields = append(rest.Fields, types.Field{Name: f.Name, Type: left, Nullable: true})
		}
	}
	opts = s.opts
	opts.RowIndex = s.format.rowIndex
	opts.Schema = types.Struct{}
	for _, f := range s.opts.Schema.Fields {
		if unfit[f.Name] {
			f.Type = types.Null // reads as null, whatever is there
		}
		opts.Schema.Fields = append(opts.Schema.Fields, f)
	}
	if s.at >= 0 {
		opts.Schema.Fields = append(opts.Schema.Fields, rest.Fields...)
	} else {
		rest = types.Struct{}
	}
	return opts, rest, nil
}

func (s *parquetRescue) unknown(path []string, t types.Type) {
	if s.format.found != nil {
		s.format.found.Unknown(path, t)
	}
}

func (s *parquetRescue) misfit(name string, t types.Type) {
	if s.format.found != nil {
		s.format.found.Misfit([]string{name}, t)
	}
}

// left is what of a column of the file is not taken; nil: nothing. Of an array or map it is all, if anything inside is not.
func (s *parquetRescue) left(path []string, have, taken types.Type) types.Type {
	if taken == nil {
		return have
	}
	below := func(name string) []string { return append(slices.Clip(path), name) }
	switch h := have.(type) {
	case types.Struct:
		t, ok := taken.(types.Struct)
		if !ok {
			return nil
		}
		var rest types.Struct
		for _, f := range h.Fields {
			var inner types.Type
			if i := t.Index(f.Name); i >= 0 && (!s.format.caseSensitive || t.Fields[i].Name == f.Name) {
				inner = t.Fields[i].Type
			} else {
				s.unknown(below(f.Name), f.Type)
			}
			if left := s.left(below(f.Name), f.Type, inner); left != nil {
				rest.Fields = append(rest.Fields, types.Field{Name: f.Name, Type: left, Nullable: true})
			}
		}
		if len(rest.Fields) == 0 {
			return nil
		}
		return rest
	case types.Array:
		if t, ok := taken.(types.Array); ok && s.left(below("element"), h.Element, t.Element) != nil {
			return have
		}
	case types.Map:
		if t, ok := taken.(types.Map); ok && s.left(below("value"), h.Value, t.Value) != nil {
			return have
		}
	}
	return nil
}

// complete makes the wanted columns of what was read.
func (s *parquetRescue) complete(b arrow.RecordBatch, rest types.Struct, uri string) arrow.RecordBatch {
	read := b.Columns()
	own := read[:len(s.opts.Schema.Fields)]
	left := read[len(own) : len(own)+len(rest.Fields)]
	columns := make([]arrow.Array, 0, s.arrow.NumFields())
	for i := range s.arrow.NumFields() {
		switch {
		case i == s.at:
			columns = append(columns, s.rescued(rest, left, int(b.NumRows()), uri))
		case len(own) == 0: // row_index
			columns = append(columns, read[len(read)-1])
		default:
			c := own[0]
			if own = own[1:]; c.DataType().ID() == arrow.NULL && s.arrow.Field(i).Type.ID() != arrow.NULL {
				c = types.NullArray(s.arrow.Field(i).Type, c.Len())
			}
			columns = append(columns, c)
		}
	}
	return array.NewRecordBatch(s.arrow, columns, b.NumRows())
}

// rescued writes the columns that are left as JSON, row by row.
func (s *parquetRescue) rescued(rest types.Struct, left []arrow.Array, rows int, uri string) arrow.Array {
	out := array.NewStringBuilder(memory.DefaultAllocator)
	defer out.Release()
	if len(left) == 0 {
		out.AppendNulls(rows)
		return out.NewArray()
	}
	batch := array.NewRecordBatch(types.ToArrowSchema(rest), left, int64(rows))
	encoder := jsonio.NewEncoder(rest, jsonio.EncodeOptions{})
	var text []byte
	for i := range rows {
		if !anyValue(left, i) {
			out.AppendNull()
			continue
		}
		text = encoder.AppendRow(text[:0], batch, i)
		if s.format.rescuedPath {
			text = append(records.AppendJSON(append(text[:len(text)-1], `,"_file_path":`...), uri), '}')
		}
		out.Append(string(text))
	}
	return out.NewArray()
}

// anyValue tells whether a row has a value in one of the columns, or in a field of one.
func anyValue(columns []arrow.Array, row int) bool {
	for _, c := range columns {
		if c.IsNull(row) || c.DataType().ID() == arrow.NULL {
			continue
		}
		s, ok := c.(*array.Struct)
		if !ok {
			return true
		}
		fields := make([]arrow.Array, s.NumField())
		for i := range fields {
			fields[i] = s.Field(i)
		}
		if anyValue(fields, row) {
			return true
		}
	}
	return false
}
