package interop

import (
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// tornSchema is of a table whose every version replaces all rows: version holds the same number in each, and there are
// countOf(version) of them.
var tornSchema = types.Struct{Fields: []types.Field{{Name: "version", Type: types.Long}, {Name: "id", Type: types.Long}}}

func countOf(version int64) int64 { return 100 + version%17 }

func tornRows(version int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(tornSchema))
	for id := range countOf(version) {
		b.Field(0).(*array.Int64Builder).Append(version)
		b.Field(1).(*array.Int64Builder).Append(id)
	}
	return b.NewRecordBatch()
}

// nobodySeesATornTable has every reader read a table again and again while version after version is written, with a checkpoint
// every ten: each reading is one whole version, and none is older than the one before.
func nobodySeesATornTable(t *testing.T, peers []*peer) {
	l := newLake(t)
	path := l.write("torn", tornSchema, tornRows(0))
	at := reading{name: "torn", path: path}
	l.watched(peers, at, wholeVersion, 60, 400, func(version int64) {
		l.write("torn", tornSchema, tornRows(version), mode("overwrite"))
	})
}

// wholeVersion is the version that the rows are, and not older than the one seen last.
func wholeVersion(batches []arrow.RecordBatch, last int64) (version int64, err error) {
	version = -1
	ids := map[int64]bool{}
	for _, b := range batches {
		versions, err := int64s(b, "version")
		if err != nil {
			return last, err
		}
		all, err := int64s(b, "id")
		if err != nil {
			return last, err
		}
		for i, v := range versions {
			if version >= 0 && v != version {
				return last, fmt.Errorf("rows of versions %d and %d", version, v)
			}
			version, ids[all[i]] = v, true
		}
	}
	switch {
	case version < 0:
		return last, errors.New("no rows")
	case int64(len(ids)) != countOf(version):
		return last, fmt.Errorf("%d rows of version %d, which has %d", len(ids), version, countOf(version))
	case version < last:
		return last, fmt.Errorf("version %d after version %d", version, last)
	}
	return version, nil
}

func int64s(b arrow.RecordBatch, name string) ([]int64, error) {
	at := b.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("no column %s in %s", name, b.Schema())
	}
	column, ok := b.Column(at[0]).(*array.Int64)
	if !ok {
		return nil, fmt.Errorf("column %s is %s", name, b.Column(at[0]).DataType())
	}
	return column.Int64Values(), nil
}
