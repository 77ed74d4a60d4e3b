package orcio

import (
	"errors"
	"fmt"
	"io"

	"lakehouse/internal/types"
)

var errCut = errors.New("the ORC file ends too early")

// A File is an open ORC file. It is immutable.
type File struct {
	in      io.ReaderAt
	size    int64
	codec   uint64
	block   int // bytes of a chunk before it was packed
	stripes []stripe
	nodes   []typeNode
	rows    int64
	// gregorian: days before 1582 are counted as those after.
	gregorian bool
}

type stripe struct{ offset, index, data, footer, rows int64 }

// A typeNode is a column of the file; number 0 is the row.
type typeNode struct {
	kind             uint64
	children         []int
	names            []string
	precision, scale int
	catalyst         string // Spark's type, where it noted it
	depth            int
}

// The kinds of columns.
const (
	orcBoolean = iota
	orcByte
	orcShort
	orcInt
	orcLong
	orcFloat
	orcDouble
	orcString
	orcBinary
	orcTimestamp
	orcList
	orcMap
	orcStruct
	orcUnion
	orcDecimal
	orcDate
	orcVarchar
	orcChar
	orcInstant
)

const (
	maxTail  = 256 << 20
	maxNodes = 1 << 20
	maxDepth = 100
)

// Open reads the tail of a file.
func Open(in io.ReaderAt, size int64) (*File, error) {
	f := &File{in: in, size: size}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("read orc: %w", err)
	}
	return f, nil
}

func (f *File) open() error {
	tail := make([]byte, min(f.size, 16<<10))
	if len(tail) < 4 {
		return errCut
	}
	if err := readFull(f.in, tail, f.size-int64(len(tail))); err != nil {
		return err
	}
	length := int(tail[len(tail)-1])
	if length+1 > len(tail) {
		return errCut
	}
	footer, err := f.postScript(tail[len(tail)-1-length : len(tail)-1])
	if err != nil {
		return err
	}
	from := f.size - 1 - int64(length) - int64(footer)
	if footer > maxTail || from < 0 {
		return errCut
	}
	packed := make([]byte, footer)
	if err := readFull(f.in, packed, from); err != nil {
		return err
	}
	text, err := f.unpackAll(packed)
	if err != nil {
		return fmt.Errorf("the footer: %w", err)
	}
	if err := f.readFooter(text); err != nil {
		return fmt.Errorf("the footer: %w", err)
	}
	return f.check(from)
}

func (f *File) postScript(text []byte) (footer uint64, err error) {
	magic, block := "", uint64(256<<10)
	err = message(text, func(number int, value uint64, bytes []byte) error {
		switch number {
		case 1:
			footer = value
		case 2:
			f.codec = value
		case 3:
			block = value
		case 8000:
			magic = string(bytes)
		}
		return nil
	})
	switch {
	case err != nil || magic != "ORC":
		return 0, errors.New("the file is no ORC file")
	case f.codec >= uint64(len(codecNames)) || codecNames[f.codec] == "":
		return 0, fmt.Errorf("its compression %d is not read: zlib, snappy, lz4 and zstd are", f.codec)
	case block == 0 || block > 64<<20:
		return 0, fmt.Errorf("its chunks are said to have %d bytes", block)
	}
	f.block = int(block)
	return footer, nil
}

func (f *File) readFooter(text []byte) error {
	return message(text, func(number int, value uint64, bytes []byte) error {
		switch number {
		case 3:
			var s stripe
			err := message(bytes, func(number int, value uint64, _ []byte) error {
				if number >= 1 && number <= 5 {
					*[...]*int64{&s.offset, &s.index, &s.data, &s.footer, &s.rows}[number-1] = int64(value)
				}
				return nil
			})
			f.stripes = append(f.stripes, s)
			return err
		case 4:
			n, err := readType(bytes)
			f.nodes = append(f.nodes, n)
			return err
		case 6:
			f.rows = int64(value)
		case 10:
			return errors.New("columns are encrypted")
		case 11:
			f.gregorian = value == prolepticGregorian
		}
		return nil
	})
}

// prolepticGregorian is the calendar that counts days before 1582 as those after. A file that names none has the Julian there, as
// Java's writers and Spark's have it.
const prolepticGregorian = 2

func readType(text []byte) (n typeNode, err error) {
	var children []uint64
	err = message(text, func(number int, value uint64, bytes []byte) (err error) {
		switch number {
		case 1:
			n.kind = value
		case 2:
			children, err = repeated(children, value, bytes)
		case 3:
			n.names = append(n.names, string(bytes))
		case 5:
			n.precision = int(min(value, 1000))
		case 6:
			n.scale = int(min(value, 1000))
		case 7:
			return n.attribute(bytes)
		}
		return err
	})
	for _, c := range children {
		n.children = append(n.children, int(min(c, maxNodes)))
	}
	return n, err
}

func (n *typeNode) attribute(text []byte) error {
	key, value := "", ""
	err := message(text, func(number int, _ uint64, bytes []byte) error {
		switch number {
		case 1:
			key = string(bytes)
		case 2:
			value = string(bytes)
		}
		return nil
	})
	if key == "spark.sql.catalyst.type" {
		n.catalyst = value
	}
	return err
}

// check holds what the footer says against the file: children come behind their parents, each has one, and stripes lie in it.
func (f *File) check(end int64) error {
	if len(f.nodes) == 0 || len(f.nodes) > maxNodes || f.nodes[0].kind != orcStruct {
		return errors.New("the file has no columns")
	}
	next := 1
	var walk func(at, depth int) error
	walk = func(at, depth int) error {
		n := &f.nodes[at]
		if n.depth = depth; depth > maxDepth {
			return errors.New("the columns are nested too deep")
		}
		want := map[uint64]int{orcList: 1, orcMap: 2, orcStruct: len(n.names)}[n.kind]
		if n.kind != orcUnion && len(n.children) != want {
			return fmt.Errorf("column %d has %d parts", at, len(n.children))
		}
		for _, c := range n.children {
			if c != next || c >= len(f.nodes) {
				return errors.New("the columns are not numbered in their order")
			}
			next++
			if err := walk(c, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(0, 0); err != nil {
		return err
	}
	for i, s := range f.stripes {
		if s.offset < 0 || s.index < 0 || s.data < 0 || s.footer < 0 || s.rows < 0 || s.offset > end || s.index > end-s.offset ||
			s.data > end-s.offset-s.index || s.footer > end-s.offset-s.index-s.data {
			return fmt.Errorf("stripe %d does not lie in the file", i)
		}
	}
	return nil
}

func readFull(in io.ReaderAt, p []byte, at int64) error {
	n, err := in.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// Columns are those that Spark reads the file as.
func (f *File) Columns() (types.Struct, error) {
	t, err := f.sqlType(0)
	if err != nil {
		return types.Struct{}, fmt.Errorf("read orc: %w", err)
	}
	return t.(types.Struct), nil
}

var plainTypes = map[uint64]types.Type{
	orcBoolean: types.Boolean, orcByte: types.Byte, orcShort: types.Short, orcInt: types.Integer, orcLong: types.Long,
	orcFloat: types.Float, orcDouble: types.Double, orcString: types.String, orcVarchar: types.String, orcChar: types.String,
	orcBinary: types.Binary, orcTimestamp: types.Timestamp, orcInstant: types.Timestamp, orcDate: types.Date,
}

func (f *File) sqlType(at int) (types.Type, error) {
	n := &f.nodes[at]
	if t, ok := plainTypes[n.kind]; ok {
		if n.catalyst == "timestamp_ntz" {
			return types.TimestampNTZ, nil
		}
		return t, nil
	}
	var parts []types.Type
	for _, c := range n.children {
		t, err := f.sqlType(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, t)
	}
	switch n.kind {
	case orcDecimal:
		if n.precision == 0 { // Hive before it had precisions
			return types.Decimal{Precision: 38, Scale: 18}, nil
		}
		if n.precision > types.MaxPrecision || n.scale > n.precision {
			return nil, fmt.Errorf("a column is a decimal(%d,%d)", n.precision, n.scale)
		}
		return types.Decimal{Precision: n.precision, Scale: n.scale}, nil
	case orcList:
		return types.Array{Element: parts[0], ContainsNull: true}, nil
	case orcMap:
		return types.Map{Key: parts[0], Value: parts[1], ValueContainsNull: true}, nil
	case orcStruct:
		var out types.Struct
		for i, t := range parts {
			out.Fields = append(out.Fields, types.Field{Name: n.names[i], Type: t, Nullable: true})
		}
		return out, nil
	}
	return nil, fmt.Errorf("a column has the kind %d, which is not read", n.kind)
}
