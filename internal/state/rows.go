package state

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// Rows are rows as the state holds them (UnsafeRows), one behind the other.
type Rows struct{ values values }

// EncodeRows makes a row of each row of columns. No column may be changed while the rows are in use.
func EncodeRows(columns []arrow.Array, fields []types.Field, rows int) Rows {
	return Rows{encodeRows(columns, fields, rows)}
}

// Len is how many rows there are.
func (r Rows) Len() int { return len(r.values.ends) }

// At is a row. Nobody may change it.
func (r Rows) At(i int) []byte { return r.values.at(i) }

// DecodeRows makes columns of rows; a nil row is one of nulls. What it gives keeps nothing of the rows.
func DecodeRows(rows [][]byte, fields []types.Field) ([]arrow.Array, error) {
	return decodeRows(rows, fields)
}

// TimeAt is the fixed value, a time or a long, in a field of a row of so many fields; 0 where the row is none of them.
func TimeAt(row []byte, field, fields int) int64 {
	slot := nullBytes(fields) + 8*field
	if len(row) < slot+8 || isNullBit(row, field) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(row[slot:]))
}
