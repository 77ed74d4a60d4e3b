package state

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// variantBytes are variants as Spark's rows hold them: how many bytes the value has, the value, the metadata.
func variantBytes(c *array.Struct) values {
	metadata, value := c.Field(types.VariantMetadata).(*array.Binary), c.Field(types.VariantValue).(*array.Binary)
	v := values{ends: make([]int, c.Len())}
	for i := range v.ends {
		if c.IsValid(i) {
			raw := value.Value(i)
			v.data = binary.LittleEndian.AppendUint32(v.data, uint32(len(raw)))
			v.data = append(append(v.data, raw...), metadata.Value(i)...)
		}
		v.ends[i] = len(v.data)
	}
	return v
}

func decodeVariants(data [][]byte) (arrow.Array, error) {
	metadata, value := make([][]byte, len(data)), make([][]byte, len(data))
	for i, v := range data {
		metadata[i], value[i] = []byte{}, []byte{}
		if v == nil {
			continue
		}
		if len(v) < 4 || uint64(binary.LittleEndian.Uint32(v)) > uint64(len(v)-4) {
			return nil, fmt.Errorf("a variant of %d bytes is cut off", len(v))
		}
		end := 4 + binary.LittleEndian.Uint32(v)
		metadata[i], value[i] = v[end:], v[4:end]
	}
	fields := [2]arrow.Array{}
	for i, part := range map[int][][]byte{types.VariantMetadata: metadata, types.VariantValue: value} {
		var err error
		if fields[i], err = decodeStrings(part, types.Binary); err != nil {
			return nil, err
		}
	}
	valid := nullsOf(data)
	return array.MakeFromData(array.NewData(types.ToArrow(types.Variant), len(data), []*memory.Buffer{valid.buffer()},
		[]arrow.ArrayData{fields[0].Data(), fields[1].Data()}, valid.nulls, 0)), nil
}
