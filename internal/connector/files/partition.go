package files

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// nullPartition is how Hive writes a null into a folder's name.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// Partitions is the columns that key=value folders add, in the order of the folders.
type Partitions struct {
	base   string // the folder above them, in its store
	zone   *time.Location
	Fields []types.Field
}

// FindPartitions walks the key=value folders below a place (not the files) and infers their columns:
// int, bigint, double, date, timestamp of that zone, else string, as wide as all folders need.
func FindPartitions(ctx context.Context, l Listing, zone *time.Location) (Partitions, error) {
	p := Partitions{base: l.Base.Key, zone: zone}
	if l.Recursive || len(l.Pattern) > 0 {
		return p, nil
	}
	values := map[string][]string{}
	var order []string
	var walk func(dir string, way trail) error
	walk = func(dir string, way trail) error {
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
			if err := l.enter(ctx, info, way, func(way trail) error { return walk(info.Name, way) }); err != nil {
				return err
			}
		}
		return nil
	}
	ofSink, err := l.OfSink(ctx)
	switch {
	case err != nil:
	case ofSink:
		order, values, err = l.sinkFolders(ctx)
	default:
		err = walk(l.Base.Key, nil)
	}
	if err != nil {
		return p, err
	}
	for _, key := range order {
		p.Fields = append(p.Fields, types.Field{Name: key, Type: inferPartition(values[key]), Nullable: true})
	}
	return p, nil
}

// join is the columns of the folders of several paths. Where two disagree about a type, it is string.
func (p Partitions) join(more Partitions) Partitions {
	if len(p.Fields) == 0 {
		return more
	}
	p.base = "" // each path has its own
	p.Fields = slices.Clone(p.Fields)
	for _, f := range more.Fields {
		i := slices.IndexFunc(p.Fields, func(have types.Field) bool { return strings.EqualFold(have.Name, f.Name) })
		switch {
		case i < 0:
			p.Fields = append(p.Fields, f)
		case p.Fields[i].Type != f.Type:
			p.Fields[i].Type = types.String
		}
	}
	return p
}

func unescape(value string) string {
	if u, err := url.PathUnescape(value); err == nil {
		return u
	}
	return value
}

var partitionTypes = []types.Type{types.Integer, types.Long, types.Double, types.Date, types.Timestamp}

// inferPartition is the first type that takes every value. Null folders say nothing.
func inferPartition(values []string) types.Type {
	for _, t := range partitionTypes {
		if !slices.ContainsFunc(values, func(v string) bool { return !infersAs(v, t) }) {
			return t
		}
	}
	return types.String
}

// infersAs is stricter than reading: 2024-05 is a string, though a timestamp can be read from it.
func infersAs(text string, t types.Type) bool {
	if t == types.Type(types.Timestamp) && text != nullPartition && (len(text) < len("2006-01-02 15:04:05") || text[10] != ' ') {
		return false
	}
	_, ok := partitionValue(text, t, time.UTC)
	return ok
}

// partitionValue reads a folder's value as a type.
func partitionValue(text string, t types.Type, zone *time.Location) (v scalar.Scalar, ok bool) {
	if text == nullPartition {
		return scalar.MakeNullScalar(types.ToArrow(t)), true
	}
	switch t := t.(type) {
	case types.Primitive:
		return primitiveValue(text, t, zone)
	case types.Decimal:
		n, ok := records.ParseDecimal([]byte(text), t.Precision, t.Scale)
		return scalar.NewDecimal128Scalar(n, types.ToArrow(t)), ok
	}
	return nil, false
}

func primitiveValue(text string, t types.Primitive, zone *time.Location) (v scalar.Scalar, ok bool) {
	switch t {
	case types.String:
		return scalar.NewStringScalar(text), utf8.ValidString(text)
	case types.Byte, types.Short, types.Integer, types.Long:
		return integerValue(text, t)
	case types.Float, types.Double:
		if strings.Trim(text, "0123456789+-.eE") != "" {
			return nil, false // strconv would take more: 0x1p-2, 1_000, inf
		}
		f, err := strconv.ParseFloat(text, 64)
		if t == types.Float {
			return scalar.NewFloat32Scalar(float32(f)), err == nil
		}
		return scalar.NewFloat64Scalar(f), err == nil
	case types.Boolean:
		return scalar.NewBooleanScalar(strings.EqualFold(text, "true")), strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	case types.Date:
		days, ok := datetime.ISODate.ParseDate([]byte(text))
		return scalar.NewDate32Scalar(arrow.Date32(days)), ok
	case types.Timestamp, types.TimestampNTZ:
		if t == types.TimestampNTZ {
			zone = time.UTC
		}
		micros, _, ok := datetime.ParseTimestamp([]byte(text), zone)
		return scalar.NewTimestampScalar(arrow.Timestamp(micros), types.ToArrow(t)), ok
	default:
		return nil, false
	}
}

func integerValue(text string, t types.Primitive) (scalar.Scalar, bool) {
	n, err := strconv.ParseInt(text, 10, map[types.Primitive]int{types.Byte: 8, types.Short: 16, types.Integer: 32, types.Long: 64}[t])
	switch t {
	case types.Byte:
		return scalar.NewInt8Scalar(int8(n)), err == nil
	case types.Short:
		return scalar.NewInt16Scalar(int16(n)), err == nil
	case types.Integer:
		return scalar.NewInt32Scalar(int32(n)), err == nil
	default:
		return scalar.NewInt64Scalar(n), err == nil
	}
}

// values are those of one file, by its folders, with the types that the schema has.
func (p Partitions) values(file string, schema types.Struct) (map[string]scalar.Scalar, error) {
	found := map[string]scalar.Scalar{}
	for part := range strings.SplitSeq(path.Dir(strings.TrimPrefix(file, p.base)), "/") {
		key, text, ok := strings.Cut(part, "=")
		if !ok || !p.holds(key) {
			continue
		}
		at := schema.Index(key)
		if at < 0 {
			continue
		}
		v, ok := partitionValue(unescape(text), schema.Fields[at].Type, p.zone)
		if !ok {
			return nil, errclass.FailedReadFile.New("the value of folder %s is no %s.", part, types.SQL(schema.Fields[at].Type))
		}
		found[strings.ToLower(key)] = v
	}
	return found, nil
}

func (p Partitions) holds(name string) bool {
	return slices.ContainsFunc(p.Fields, func(f types.Field) bool { return strings.EqualFold(f.Name, name) })
}

// Partitioned is a format whose rows carry the columns of their folders.
type Partitioned struct {
	Format
	Partitions Partitions
}

// Scan reads the files' own columns, and adds those of their folders.
func (p Partitioned) Scan(schema types.Struct, opts logical.ScanOptions) (Scan, error) {
	if at := metadataAt(schema, opts.Columns); at >= 0 {
		return scanMetadata(p, schema, opts, at)
	}
	if len(p.Partitions.Fields) == 0 {
		return p.Format.Scan(schema, opts)
	}
	s := &partitionedScan{partitions: p.Partitions, schema: schema, want: wanted(schema, opts.Columns)}
	s.arrow = types.ToArrowSchema(s.want)
	var own types.Struct
	for _, f := range schema.Fields {
		if !p.Partitions.holds(f.Name) {
			own.Fields = append(own.Fields, f)
		}
	}
	inner := logical.ScanOptions{Columns: []string{}, Where: opts.Where}
	for _, f := range s.want.Fields {
		if !p.Partitions.holds(f.Name) {
			inner.Columns = append(inner.Columns, f.Name)
		}
	}
	var err error
	s.files, err = p.Format.Scan(own, inner)
	return s, err
}

// partitionedScan is a reading of files in key=value folders.
type partitionedScan struct {
	files        Scan // of the files' own columns
	partitions   Partitions
	schema, want types.Struct
	arrow        *arrow.Schema // of want
}

// Pieces reads the values of the file's folders.
func (s *partitionedScan) Pieces(ctx context.Context, file volumes.Location, info volumes.Info) ([]Piece, error) {
	constants, err := s.partitions.values(info.Name, s.schema)
	if err != nil {
		return nil, err
	}
	pieces, err := s.files.Pieces(ctx, file, info)
	if err != nil {
		return nil, err
	}
	for i, piece := range pieces {
		pieces[i] = &withConstants{Piece: piece, scan: s, constants: constants}
	}
	return pieces, nil
}

// extent is the piece's.
func (w *withConstants) extent() (start, length int64) {
	if e, ok := w.Piece.(extent); ok {
		return e.extent()
	}
	return 0, w.Size()
}

// withConstants puts a file's constants among the columns read.
type withConstants struct {
	Piece
	scan      *partitionedScan
	constants map[string]scalar.Scalar
}

// Read completes each batch.
func (w *withConstants) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	return batch.Transform(w.Piece.Read(ctx, counts), w.complete)
}

func (w *withConstants) complete(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, len(w.scan.want.Fields))
	next := 0
	for i, f := range w.scan.want.Fields {
		if !w.scan.partitions.holds(f.Name) {
			columns[i] = b.Column(next)
			next++
			continue
		}
		c, err := constantColumn(w.constants[strings.ToLower(f.Name)], f.Type, int(b.NumRows()))
		if err != nil {
			return nil, err
		}
		columns[i] = c
	}
	if next < int(b.NumCols()) { // a format's row_index stays the last
		columns = append(columns, b.Columns()[next:]...)
		return array.NewRecordBatch(arrow.NewSchema(append(w.scan.arrow.Fields(), b.Schema().Fields()[next:]...), nil), columns, b.NumRows()), nil
	}
	return array.NewRecordBatch(w.scan.arrow, columns, b.NumRows()), nil
}

// withRowIndex numbers the rows, if the format can.
func (p Partitioned) withRowIndex() Format {
	if indexed, ok := p.Format.(rowIndexed); ok {
		return Partitioned{indexed.withRowIndex(), p.Partitions}
	}
	return p
}

func constantColumn(s scalar.Scalar, t types.Type, rows int) (arrow.Array, error) {
	if s == nil || !s.IsValid() {
		return types.NullArray(types.ToArrow(t), rows), nil
	}
	return scalar.MakeArrayFromScalar(s, rows, memory.DefaultAllocator)
}

// WithPartitions puts the columns of folders behind those of a schema. One that the schema names has the
// type given there.
func WithPartitions(schema types.Struct, p Partitions) types.Struct {
	var out types.Struct
	for _, f := range schema.Fields {
		if !p.holds(f.Name) {
			out.Fields = append(out.Fields, f)
		}
	}
	for _, f := range p.Fields {
		if i := schema.Index(f.Name); i >= 0 {
			f = schema.Fields[i]
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// withPartitionsInPlace is WithPartitions for the output of a streaming file sink: there Spark leaves columns where the user's
// schema has them, and puts behind it what it does not name.
func withPartitionsInPlace(schema types.Struct, p Partitions) types.Struct {
	out := types.Struct{Fields: slices.Clone(schema.Fields)}
	for _, f := range p.Fields {
		if schema.Index(f.Name) < 0 {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}
