package exec

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// plusZeros is a column with 0.0 for each -0.0, at any depth: as what a group of both is shown, whichever came
// first.
func plusZeros(arr arrow.Array) arrow.Array {
	if data, changed := withoutMinusZeros(arr.Data()); changed {
		return array.MakeFromData(data)
	}
	return arr
}

func withoutMinusZeros(data arrow.ArrayData) (out arrow.ArrayData, changed bool) {
	buffers, children := data.Buffers(), data.Children()
	switch data.DataType().ID() {
	case arrow.FLOAT64:
		buffers, changed = clearSigns(buffers, arrow.Float64Traits.CastFromBytes, arrow.Float64Traits.CastToBytes)
	case arrow.FLOAT32:
		buffers, changed = clearSigns(buffers, arrow.Float32Traits.CastFromBytes, arrow.Float32Traits.CastToBytes)
	default:
		if len(children) == 0 {
			return data, false
		}
		mended := make([]arrow.ArrayData, len(children))
		for i, c := range children {
			var mine bool
			mended[i], mine = withoutMinusZeros(c)
			changed = changed || mine
		}
		children = mended
	}
	if !changed {
		return data, false
	}
	return array.NewData(data.DataType(), data.Len(), buffers, children, data.NullN(), data.Offset()), true
}

// clearSigns copies a column's values, buffer 1, when there is a -0.0 among them.
func clearSigns[T float32 | float64](buffers []*memory.Buffer, values func([]byte) []T, raw func([]T) []byte) ([]*memory.Buffer, bool) {
	if buffers[1] == nil {
		return buffers, false
	}
	all := values(buffers[1].Bytes())
	for i, v := range all {
		if v != 0 || !math.Signbit(float64(v)) {
			continue
		}
		mended := append([]T(nil), all...)
		for ; i < len(mended); i++ {
			if mended[i] == 0 {
				mended[i] = 0 // and not -0.0
			}
		}
		return []*memory.Buffer{buffers[0], memory.NewBufferBytes(raw(mended))}, true
	}
	return buffers, false
}
