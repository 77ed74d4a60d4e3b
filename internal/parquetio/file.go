package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lakehouse/internal/types"
)

// A File is an open Parquet file. It is immutable and safe for concurrent use, if its reader is.
type File struct {
	in     io.ReaderAt
	size   int64
	footer footer
	root   *node
	leaves []*node
}

const (
	tailSize = 8 // the footer's length and the magic bytes
	// footerGuess is read at once from the end of a file: most footers fit, and then it is one request.
	footerGuess = 16 << 10
)

// Open reads the footer of a file of that size.
func Open(in io.ReaderAt, size int64) (*File, error) {
	data, err := readFooter(in, size)
	if err != nil {
		return nil, fmt.Errorf("read parquet footer: %w", err)
	}
	f := &File{in: in, size: size}
	if f.footer, err = decodeFooter(data); err != nil {
		return nil, fmt.Errorf("read parquet footer: %w", err)
	}
	if f.footer.encrypted {
		return nil, errors.New("read parquet footer: the file is encrypted, which is not supported")
	}
	if f.root, f.leaves, err = schemaTree(f.footer.elements); err != nil {
		return nil, fmt.Errorf("read parquet footer: schema: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("read parquet footer: %w", err)
	}
	return f, nil
}

func readFooter(in io.ReaderAt, size int64) ([]byte, error) {
	if size < int64(len(magic)+tailSize) {
		return nil, fmt.Errorf("a file of %d bytes is not a Parquet file", size)
	}
	tail := make([]byte, min(size, footerGuess))
	if err := readFull(in, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	end := tail[len(tail)-tailSize:]
	switch string(end[4:]) {
	case magic:
	case "PARE":
		return nil, errors.New("the file is encrypted, which is not supported")
	default:
		return nil, fmt.Errorf("the file ends with %q, not with %q: it is cut short or not a Parquet file", end[4:], magic)
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if length > size-int64(len(magic)+tailSize) {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", length, size)
	}
	if length <= int64(len(tail)-tailSize) {
		return tail[int64(len(tail)-tailSize)-length : len(tail)-tailSize], nil
	}
	data := make([]byte, length)
	return data, readFull(in, data, size-tailSize-length)
}

// readFull is io.ReaderAt's promise without its licence to report the end of the file with the last bytes.
func readFull(in io.ReaderAt, dst []byte, at int64) error {
	n, err := in.ReadAt(dst, at)
	if n == len(dst) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("offset %d: %w", at, err)
}

// check holds the row groups against the schema and the size of the file.
func (f *File) check() error {
	var rows int64
	for i, g := range f.footer.groups {
		if len(g.chunks) != len(f.leaves) {
			return fmt.Errorf("row group %d has %d columns, the schema has %d", i, len(g.chunks), len(f.leaves))
		}
		if g.rows < 0 || rows+g.rows < rows {
			return fmt.Errorf("row group %d has %d rows", i, g.rows)
		}
		rows += g.rows
		for j := range g.chunks {
			if err := f.checkChunk(&g.chunks[j], f.leaves[j], g.rows); err != nil {
				return fmt.Errorf("row group %d, column %s: %w", i, f.leaves[j].path, err)
			}
		}
	}
	if f.footer.rows < 0 || len(f.footer.groups) > 0 && rows != f.footer.rows {
		return fmt.Errorf("%d rows in all, %d in the row groups", f.footer.rows, rows)
	}
	return nil
}

func (f *File) checkChunk(c *columnChunk, leaf *node, rows int64) error {
	if c.elsewhere {
		return errors.New("the column is in another file or encrypted, which is not supported")
	}
	if c.physical != leaf.element.physical {
		return fmt.Errorf("the chunk is %v, the schema says %v", c.physical, leaf.element.physical)
	}
	start := c.start()
	if start < 0 || c.size < 0 || start > f.size || c.size > f.size-start {
		return fmt.Errorf("bytes %d and %d more are outside the file of %d", start, c.size, f.size)
	}
	if c.values < rows || leaf.rep == 0 && c.values != rows {
		return fmt.Errorf("%d values for %d rows", c.values, rows)
	}
	return nil
}

// start is where the chunk's first page is.
func (c *columnChunk) start() int64 {
	if c.dictionaryOffset > 0 && c.dictionaryOffset < c.dataOffset {
		return c.dictionaryOffset
	}
	return c.dataOffset
}

// NumRows is the number of rows in the file.
func (f *File) NumRows() int64 { return f.footer.rows }

// CreatedBy is what the writer calls itself.
func (f *File) CreatedBy() string { return f.footer.createdBy }

// KeyValue gives an entry of the footer's metadata.
func (f *File) KeyValue(key string) (string, bool) {
	v, ok := f.footer.keyValues[key]
	return v, ok
}

// Schema is the schema that Spark noted in the file, else what the Parquet schema says.
func (f *File) Schema() (types.Struct, error) {
	if noted, ok := f.notedSchema(); ok {
		return noted, nil
	}
	inferred, err := inferFields(f.root)
	if err != nil {
		return types.Struct{}, fmt.Errorf("read parquet schema: %w", err)
	}
	return inferred, nil
}

// ours reports whether this package wrote the file.
func (f *File) ours() bool { return strings.HasPrefix(f.footer.createdBy, application+" ") }

// Fit tells which of the file's columns is read for a name, by its position among those of Schema, -1 where there is none, and
// whether it can be read as a type.
func (f *File) Fit(name string, t types.Type, caseSensitive bool) (at int, fits bool, err error) {
	found, err := f.root.find(name, caseSensitive)
	if err != nil || found == nil {
		return -1, false, err
	}
	at = slices.Index(f.root.children, found)
	if t == types.Type(types.Null) {
		return at, true, nil
	}
	p := planner{caseSensitive: caseSensitive}
	_, mismatch := p.column(found, t)
	return at, mismatch == nil, nil
}
