package files

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// nullPartition is how Hive writes a null into a folder's name.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// Partitions is the columns that key=value folders add, in the order of the folders.
type Partitions struct {
	base   string // the folder above them, in its store
	Fields []types.Field
}

// FindPartitions walks the key=value folders below a place (not the files) and infers their columns:
// int, bigint, double, date, timestamp, else string, as wide as all folders need.
func FindPartitions(ctx context.Context, l Listing) (Partitions, error) {
	p := Partitions{base: l.Base.Key}
	if l.Recursive || len(l.Pattern) > 0 {
		return p, nil
	}
	values := map[string][]string{}
	var order []string
	var walk func(dir string) error
	walk = func(dir string) error {
		for info, err := range l.entries(ctx, dir) {
			if err != nil {
				return err
			}
			key, value, ok := strings.Cut(path.Base(info.Name), "=")
			if !info.IsDir || !ok || SkippedName(path.Base(info.Name)) != "" {
				continue
			}
			if !slices.Contains(order, key) {
				order = append(order, key)
			}
			values[key] = append(values[key], unescape(value))
			if err := walk(info.Name); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(l.Base.Key); err != nil {
		return p, err
	}
	for _, key := range order {
		p.Fields = append(p.Fields, types.Field{Name: key, Type: inferPartition(values[key]), Nullable: true})
	}
	return p, nil
}

func unescape(value string) string {
	if u, err := url.PathUnescape(value); err == nil {
		return u
	}
	return value
}

var partitionTypes = []types.Type{types.Integer, types.Long, types.Double, types.Date, types.Timestamp}

// inferPartition is the first type that takes every value.
func inferPartition(values []string) types.Type {
	for _, t := range partitionTypes {
		if !slices.ContainsFunc(values, func(v string) bool { _, err := partitionScalar(v, t); return err != nil }) {
			return t
		}
	}
	return types.String
}

// partitionScalar reads a folder's value.
func partitionScalar(text string, t types.Type) (scalar.Scalar, error) {
	if text == nullPartition {
		return scalar.MakeNullScalar(types.ToArrow(t)), nil
	}
	switch t {
	case types.Integer:
		n, err := strconv.ParseInt(text, 10, 32)
		return scalar.NewInt32Scalar(int32(n)), err
	case types.Long:
		n, err := strconv.ParseInt(text, 10, 64)
		return scalar.NewInt64Scalar(n), err
	case types.Double:
		f, err := strconv.ParseFloat(text, 64)
		return scalar.NewFloat64Scalar(f), err
	case types.Date:
		d, err := time.Parse("2006-01-02", text)
		return scalar.NewDate32Scalar(arrow.Date32(d.Unix() / 86400)), err
	case types.Timestamp:
		at, err := time.Parse("2006-01-02 15:04:05.999999", text)
		return scalar.NewTimestampScalar(arrow.Timestamp(at.UnixMicro()), types.ToArrow(t)), err
	case types.String:
		return scalar.NewStringScalar(text), nil
	}
	return nil, errclass.UnsupportedDatatype.New("a folder's name cannot hold a %s", t)
}

// values are those of one file, by its folders.
func (p Partitions) values(file string) (map[string]scalar.Scalar, error) {
	found := map[string]scalar.Scalar{}
	for part := range strings.SplitSeq(path.Dir(strings.TrimPrefix(file, p.base)), "/") {
		key, text, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		for _, f := range p.Fields {
			if f.Name != key {
				continue
			}
			s, err := partitionScalar(unescape(text), f.Type)
			if err != nil {
				return nil, errclass.FailedReadFile.New("folder %s: the value is no %s", part, f.Type)
			}
			found[key] = s
		}
	}
	return found, nil
}

// Partitioned is a format whose rows carry the columns of their folders.
type Partitioned struct {
	Format
	Partitions Partitions
}

// Pieces reads the file's own columns and adds those of its folders.
func (p Partitioned) Pieces(ctx context.Context, file volumes.Location, info volumes.Info, schema types.Struct, opts logical.ScanOptions) ([]batch.Piece, error) {
	if len(p.Partitions.Fields) == 0 {
		return p.Format.Pieces(ctx, file, info, schema, opts)
	}
	want := wanted(schema, opts.Columns)
	constants, err := p.Partitions.values(info.Name)
	if err != nil {
		return nil, err
	}
	var own types.Struct
	for _, f := range schema.Fields {
		if !p.holds(f.Name) {
			own.Fields = append(own.Fields, f)
		}
	}
	inner := logical.ScanOptions{Columns: []string{}, Where: opts.Where}
	for _, f := range want.Fields {
		if !p.holds(f.Name) {
			inner.Columns = append(inner.Columns, f.Name)
		}
	}
	pieces, err := p.Format.Pieces(ctx, file, info, own, inner)
	if err != nil {
		return nil, err
	}
	for i, piece := range pieces {
		pieces[i] = &withConstants{Piece: piece, want: want, constants: constants, holds: p.holds}
	}
	return pieces, nil
}

func (p Partitioned) holds(name string) bool {
	return slices.ContainsFunc(p.Partitions.Fields, func(f types.Field) bool { return strings.EqualFold(f.Name, name) })
}

// withConstants puts a file's constants among the columns read.
type withConstants struct {
	batch.Piece
	want      types.Struct
	constants map[string]scalar.Scalar
	holds     func(string) bool
}

// Read completes each batch.
func (w *withConstants) Read(ctx context.Context) batch.Seq {
	return batch.Transform(w.Piece.Read(ctx), func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		columns := make([]arrow.Array, len(w.want.Fields))
		next := 0
		for i, f := range w.want.Fields {
			if !w.holds(f.Name) {
				columns[i] = b.Column(next)
				next++
				continue
			}
			c, err := constantColumn(w.constants[f.Name], f.Type, int(b.NumRows()))
			if err != nil {
				return nil, err
			}
			columns[i] = c
		}
		return array.NewRecordBatch(types.ToArrowSchema(w.want), columns, b.NumRows()), nil
	})
}

func constantColumn(s scalar.Scalar, t types.Type, rows int) (arrow.Array, error) {
	if s == nil || !s.IsValid() {
		return array.MakeArrayOfNull(memory.DefaultAllocator, types.ToArrow(t), rows), nil
	}
	return scalar.MakeArrayFromScalar(s, rows, memory.DefaultAllocator)
}

// WithPartitions adds the columns of folders to a schema; one that the schema names keeps the folders' type.
func WithPartitions(schema types.Struct, p Partitions) types.Struct {
	out := types.Struct{Fields: slices.Clone(schema.Fields)}
	for _, f := range p.Fields {
		if i := out.Index(f.Name); i >= 0 {
			out.Fields[i].Type = f.Type
			continue
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}
