package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/format"
)

// A valueReader decodes the values of one leaf into Arrow arrays. It is given levels only to know
// where the nulls are.
type valueReader interface {
	// setDictionary begins a chunk that has one.
	setDictionary(d dictionaryPage) error
	// setPage begins a page.
	setPage(p page) error
	// begin starts an array of about n values.
	begin(n int)
	// read appends values: all of them present where defs is nil, else one for each level, present where it is full.
	read(n int, defs []uint8, full uint8) error
	// finish gives the array.
	finish() arrow.Array
	// widest is the size of the largest value known of, 0 if all are small.
	widest() int
}

// A validityBuilder collects a null bitmap; it has none while nothing is null.
type validityBuilder struct {
	bits     []byte
	n, nulls int
}

func (b *validityBuilder) reset() { *b = validityBuilder{} }

// add appends n values, as valueReader.read has them, and gives the number that are present.
func (b *validityBuilder) add(n int, defs []uint8, full uint8) (present int) {
	if defs == nil {
		b.addValid(n)
		return n
	}
	if b.bits == nil {
		b.bits = make([]byte, 0, (b.n+n)/8+64)
		before := b.n
		b.n = 0
		b.bits = b.bits[:0]
		b.materialise(before)
	}
	b.extend(n)
	at := b.n
	for _, d := range defs {
		if d == full {
			b.bits[at>>3] |= 1 << (at & 7)
			present++
		}
		at++
	}
	b.n = at
	b.nulls += n - present
	return present
}

func (b *validityBuilder) addValid(n int) {
	if b.bits == nil {
		b.n += n
		return
	}
	b.materialise(n)
}

// materialise appends n set bits.
func (b *validityBuilder) materialise(n int) {
	b.extend(n)
	for at := b.n; at < b.n+n; at++ {
		b.bits[at>>3] |= 1 << (at & 7)
	}
	b.n += n
}

func (b *validityBuilder) extend(n int) {
	for need := (b.n + n + 7) / 8; len(b.bits) < need; {
		b.bits = append(b.bits, 0)
	}
}

// buffer is the bitmap as an array holds it.
func (b *validityBuilder) buffer() *memory.Buffer {
	if b.nulls == 0 {
		return nil
	}
	return memory.NewBufferBytes(b.bits)
}

// indexReader decodes the dictionary indexes of a page.
type indexReader struct {
	hybrid  hybridReader
	scratch []uint32
}

func newIndexReader(body []byte) (hybridReader, error) {
	if len(body) == 0 {
		return hybridReader{}, nil // a page of nulls alone
	}
	return newHybridReader(body[1:], int(body[0]))
}

// read gives n indexes, each below limit.
func (r *indexReader) read(n, limit int) ([]uint32, error) {
	r.scratch = grow(r.scratch, n)
	if err := readHybrid(&r.hybrid, r.scratch); err != nil {
		return nil, err
	}
	var most uint32
	for _, at := range r.scratch {
		most = max(most, at)
	}
	if int(most) >= limit {
		return nil, fmt.Errorf("dictionary index %d of %d values", most, limit)
	}
	return r.scratch, nil
}

// oldDictionary is what files of format version 1 call both kinds of pages: PLAIN_DICTIONARY.
const oldDictionary format.Encoding = 2

func usesDictionary(e format.Encoding) bool {
	return e == format.RLEDictionary || e == oldDictionary
}

// fixedValue is what an Arrow array of fixed width holds.
type fixedValue interface {
	uint8 | int8 | int16 | int32 | int64 | float32 | float64 | decimalValue
}

// decimalValue is a decimal128 in memory.
type decimalValue struct{ low, high uint64 }

// A fixedReader decodes physical values P and gives them as T.
type fixedReader[P physicalValue, T fixedValue] struct {
	typ     arrow.DataType
	convert func(dst []T, src []P) error // nil where P and T are the same

	dictionary []T
	hasDict    bool
	indexes    indexReader
	source     source[P] // nil: the page uses the dictionary
	scratch    []P

	out   []T
	valid validityBuilder
}

func (r *fixedReader[P, T]) setDictionary(d dictionaryPage) error {
	s, err := newSource[P](format.Plain, d.body)
	if err != nil {
		return err
	}
	r.dictionary, r.hasDict = make([]T, d.values), true
	return r.readSource(s, r.dictionary)
}

func (r *fixedReader[P, T]) setPage(p page) error {
	if !usesDictionary(p.encoding) {
		var err error
		r.source, err = newSource[P](p.encoding, p.body)
		return err
	}
	if !r.hasDict {
		return errNoDictionary
	}
	r.source = nil
	var err error
	r.indexes.hybrid, err = newIndexReader(p.body)
	return err
}

func (r *fixedReader[P, T]) begin(n int) {
	r.out = make([]T, 0, n)
	r.valid.reset()
}

func (r *fixedReader[P, T]) read(n int, defs []uint8, full uint8) error {
	start := len(r.out)
	r.out = extend(r.out, n)
	present := r.valid.add(n, defs, full)
	dst := r.out[start:]
	if err := r.readPresent(dst[:present]); err != nil {
		return err
	}
	if present < n {
		spread(dst, present, defs, full)
	}
	return nil
}

// extend is s with n elements more, whose content is unspecified.
func extend[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s[:len(s)+n]
	}
	return append(s, make([]T, n)...)
}

// spread moves the values at the start of dst to where the levels are full. Nulls become zero.
func spread[T any](dst []T, present int, defs []uint8, full uint8) {
	var zero T
	from := present - 1
	for i := len(dst) - 1; i > from; i-- {
		if defs[i] == full {
			dst[i] = dst[from]
			from--
		} else {
			dst[i] = zero
		}
	}
}

func (r *fixedReader[P, T]) readPresent(dst []T) error {
	if len(dst) == 0 {
		return nil
	}
	if r.source != nil {
		return r.readSource(r.source, dst)
	}
	indexes, err := r.indexes.read(len(dst), len(r.dictionary))
	if err != nil {
		return err
	}
	for i, at := range indexes {
		dst[i] = r.dictionary[at]
	}
	return nil
}

func (r *fixedReader[P, T]) readSource(s source[P], dst []T) error {
	if same, ok := any(dst).([]P); ok && r.convert == nil {
		return s.read(same)
	}
	// In parts, so that the scratch memory is small however many values a dictionary has.
	for len(dst) > 0 {
		n := min(len(dst), 4096)
		r.scratch = grow(r.scratch, n)
		if err := s.read(r.scratch); err != nil {
			return err
		}
		if err := r.convert(dst[:n], r.scratch); err != nil {
			return err
		}
		dst = dst[n:]
	}
	return nil
}

func (r *fixedReader[P, T]) widest() int { return 0 }

func (r *fixedReader[P, T]) finish() arrow.Array {
	return fixedArrayOf(r.typ, r.out, &r.valid)
}

// fixedArrayOf makes an array of values in memory.
func fixedArrayOf[T any](typ arrow.DataType, values []T, valid *validityBuilder) arrow.Array {
	data := bytesOf(values)
	if typ.ID() == arrow.BOOL {
		data = packBits(data)
	}
	buffers := []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(data)}
	return array.MakeFromData(array.NewData(typ, len(values), buffers, nil, valid.nulls, 0))
}

// packBits packs bytes of 0 and 1.
func packBits(values []byte) []byte {
	packed := make([]byte, (len(values)+7)/8)
	for i, v := range values {
		packed[i>>3] |= v << (i & 7)
	}
	return packed
}
