package exec

import (
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// keys are the key columns of one batch, made comparable and hashed. Equal keys, as Spark groups
// them (null equals null, NaN equals NaN, -0.0 equals 0.0), have equal words, texts and hashes.
type keys struct {
	rows    int
	arrays  []arrow.Array
	columns []keyColumn
	hashes  []uint64
}

// A keyColumn is either words, or texts cut from data by offsets. nulls, when there are any, marks
// rows whose word or text is then zero or empty.
type keyColumn struct {
	words   []uint64
	offsets []int32
	data    []byte
	nulls   []bool
}

func (c *keyColumn) null(row int) bool { return c.nulls != nil && c.nulls[row] }

func (c *keyColumn) text(row int) []byte {
	if c.null(row) {
		return nil
	}
	return c.data[c.offsets[row]:c.offsets[row+1]]
}

// A hasher hashes keys. Its seed is random, so that nobody can prepare keys that collide.
type hasher struct{ seed maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed()} }

// load makes key columns comparable and hashes them.
func (h hasher) load(arrays []arrow.Array, rows int) *keys {
	k := &keys{rows: rows, arrays: arrays, columns: make([]keyColumn, 0, len(arrays)), hashes: make([]uint64, rows)}
	for _, arr := range arrays {
		k.columns = appendKeyColumns(k.columns, arr)
	}
	for i := range k.columns {
		h.mix(k.hashes, &k.columns[i])
	}
	return k
}

// appendKeyColumns makes a struct of simple fields, a window say, a column for each of them and one that tells which rows are not
// null; anything else is one column.
func appendKeyColumns(columns []keyColumn, arr arrow.Array) []keyColumn {
	s, ok := arr.(*array.Struct)
	if !ok || keyWidth(arr.DataType()) == 1 {
		return append(columns, loadKeyColumn(arr))
	}
	present := keyColumn{words: make([]uint64, arr.Len())}
	nulls := nullRows(arr)
	for i := range present.words {
		if nulls == nil || !nulls[i] {
			present.words[i] = 1
		}
	}
	columns = append(columns, present)
	for f := range s.NumField() {
		c := loadKeyColumn(s.Field(f))
		for i, null := range nulls {
			if null {
				c.forget(i)
			}
		}
		columns = append(columns, c)
	}
	return columns
}

// keyWidth is how many key columns a column of a type makes.
func keyWidth(t arrow.DataType) int {
	s, ok := t.(*arrow.StructType)
	if !ok || s.NumFields() == 0 {
		return 1
	}
	for _, f := range s.Fields() {
		switch f.Type.ID() {
		case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.FLOAT32, arrow.FLOAT64, arrow.DATE32, arrow.TIMESTAMP:
		default:
			return 1
		}
	}
	return 1 + s.NumFields()
}

// forget makes a row null: what stands under the null of a struct is nothing to compare. The words may be shared and are copied first.
func (c *keyColumn) forget(row int) {
	if c.nulls == nil {
		c.nulls = make([]bool, len(c.words))
		c.words = append([]uint64(nil), c.words...)
	}
	c.nulls[row], c.words[row] = true, 0
}

const (
	multiplier = 0x9E3779B97F4A7C15
	nullHash   = 0xD6E8FEB86659FD93
)

// mix adds a column to the hashes of the columns before it.
func (h hasher) mix(hashes []uint64, c *keyColumn) {
	if c.words != nil {
		mixWords(hashes, c.words, maphash.String(h.seed, "word"))
	} else {
		for i := range hashes {
			hashes[i] = fold(hashes[i]^maphash.Bytes(h.seed, c.text(i)), multiplier)
		}
	}
	for i, null := range c.nulls {
		if null {
			hashes[i] ^= nullHash
		}
	}
}

func mixWords(hashes, words []uint64, seed uint64) {
	words = words[:len(hashes)]
	for i := range hashes {
		hashes[i] = fold(hashes[i]^words[i]^seed, multiplier)
	}
}

// fold multiplies to 128 bits and takes both halves together.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

func loadKeyColumn(arr arrow.Array) keyColumn {
	c := keyColumn{nulls: nullRows(arr)}
	switch arr := arr.(type) {
	case *array.Null:
		c.words = make([]uint64, arr.Len())
	case *array.Boolean:
		c.words = boolWords(arr)
	case *array.Float32:
		c.words = floatWords(arr.Float32Values())
	case *array.Float64:
		c.words = floatWords(arr.Float64Values())
	case *array.String, *array.Binary:
		c.offsets, c.data = textOf(arr)
	case *array.Decimal128, *array.MonthDayNanoInterval, *array.Struct, *array.List, *array.Map:
		c.offsets, c.data = encodedTexts(arr)
	default:
		c.words = integerWords(arr)
	}
	for i, null := range c.nulls {
		if null && c.words != nil {
			c.words[i] = 0
		}
	}
	return c
}

// nullRows marks the null rows; nil where there are none.
func nullRows(arr arrow.Array) []bool {
	if arr.DataType().ID() != arrow.NULL && arr.NullN() == 0 {
		return nil
	}
	nulls := make([]bool, arr.Len())
	for i := range nulls {
		nulls[i] = arr.DataType().ID() == arrow.NULL || arr.IsNull(i)
	}
	return nulls
}

// integerWords shares a column of longs without nulls; everything else is copied.
func integerWords(arr arrow.Array) []uint64 {
	switch arr.DataType().(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return signedWords(fixedValues[int8](arr))
	case 16:
		return signedWords(fixedValues[int16](arr))
	case 32:
		return signedWords(fixedValues[int32](arr))
	}
	values := fixedValues[uint64](arr)
	if arr.NullN() == 0 && values != nil {
		return values
	}
	return append(make([]uint64, 0, len(values)+1), values...)
}

func signedWords[T int8 | int16 | int32](values []T) []uint64 {
	words := make([]uint64, len(values))
	for i, v := range values {
		words[i] = uint64(int64(v))
	}
	return words
}

func floatWords[T float32 | float64](values []T) []uint64 {
	words := make([]uint64, len(values))
	for i, v := range values {
		switch {
		case v == 0: // both zeros
		case v != v: //nolint:gocritic // the cheap test for NaN
			words[i] = math.MaxUint64
		default:
			words[i] = math.Float64bits(float64(v))
		}
	}
	return words
}

func boolWords(arr *array.Boolean) []uint64 {
	words := make([]uint64, arr.Len())
	for i := range words {
		words[i] = uint64(boolByte(arr.Value(i)))
	}
	return words
}

// encodedTexts is for types too wide or too deep for a word: their sort encoding.
func encodedTexts(arr arrow.Array) (offsets []int32, data []byte) {
	encode := newKeyEncoder(arr, nullFirst)
	offsets = make([]int32, arr.Len()+1)
	for i := range arr.Len() {
		data = encode(data, i)
		offsets[i+1] = int32(len(data))
	}
	return offsets, data
}
