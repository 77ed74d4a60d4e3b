package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/format"
)

// A bytesReader decodes strings and binaries.
type bytesReader struct {
	typ   arrow.DataType
	fixed int // the length of every value, or 0

	dictionary bytesBuffer
	hasDict    bool
	longest    int
	indexes    indexReader
	source     bytesSource // nil: the page uses the dictionary

	out   bytesBuffer
	hint  int // the bytes of the last array
	valid validityBuilder
}

func (r *bytesReader) setDictionary(d dictionaryPage) error {
	s, err := newBytesSource(format.Plain, d.body, r.fixed)
	if err != nil {
		return err
	}
	r.dictionary.reset()
	if err := s.read(&r.dictionary, d.values); err != nil {
		return err
	}
	r.hasDict = true
	for i := range d.values {
		r.longest = max(r.longest, len(r.dictionary.value(i)))
	}
	return nil
}

func (r *bytesReader) setPage(p page) error {
	var err error
	if !usesDictionary(p.encoding) {
		r.source, err = newBytesSource(p.encoding, p.body, r.fixed)
		return err
	}
	if !r.hasDict {
		return errNoDictionary
	}
	r.source = nil
	r.indexes.hybrid, err = newIndexReader(p.body)
	return err
}

func (r *bytesReader) begin(n int) {
	r.out = bytesBuffer{offsets: append(make([]int32, 0, n+1), 0), data: make([]byte, 0, r.hint+r.hint/8)}
	r.valid.reset()
}

func (r *bytesReader) read(n int, defs []uint8, full uint8) error {
	present := r.valid.add(n, defs, full)
	start := len(r.out.offsets)
	if err := r.readPresent(present); err != nil {
		return err
	}
	if present < n {
		r.out.offsets = extend(r.out.offsets, n-present)
		spreadOffsets(r.out.offsets[start-1:], present, defs, full)
	}
	return nil
}

// spreadOffsets makes room for nulls, which are empty: ends[i] is where value i-1 ends.
func spreadOffsets(ends []int32, present int, defs []uint8, full uint8) {
	from := present
	for i := len(ends) - 1; i > from; i-- {
		ends[i] = ends[from]
		if defs[i-1] == full {
			from--
		}
	}
}

func (r *bytesReader) readPresent(n int) error {
	if n == 0 {
		return nil
	}
	if r.source != nil {
		return r.source.read(&r.out, n)
	}
	indexes, err := r.indexes.read(n, r.dictionary.len())
	if err != nil {
		return err
	}
	data, offsets := r.out.data, r.out.offsets
	for _, at := range indexes {
		data = append(data, r.dictionary.data[r.dictionary.offsets[at]:r.dictionary.offsets[at+1]]...)
		if len(data) > maxBatchBytes {
			return errBatchBytes
		}
		offsets = append(offsets, int32(len(data)))
	}
	r.out.data, r.out.offsets = data, offsets
	return nil
}

func (r *bytesReader) widest() int { return r.longest }

func (r *bytesReader) finish() arrow.Array {
	r.hint = len(r.out.data)
	buffers := []*memory.Buffer{r.valid.buffer(), memory.NewBufferBytes(bytesOf(r.out.offsets)), memory.NewBufferBytes(r.out.data)}
	return array.MakeFromData(array.NewData(r.typ, r.out.len(), buffers, nil, r.valid.nulls, 0))
}

// A decimalReader decodes decimals kept as big-endian bytes.
type decimalReader struct {
	bytesReader
	typ    arrow.DataType
	factor decimalFactor
}

func (r *decimalReader) setDictionary(d dictionaryPage) error { return r.bytesReader.setDictionary(d) }

func (r *decimalReader) finish() arrow.Array {
	numbers := make([]decimalValue, r.out.len())
	for i := range numbers {
		numbers[i] = r.factor.of(r.out.value(i))
	}
	return fixedArrayOf(r.typ, numbers, &r.valid)
}
