package deltalog

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A group is a struct column of a checkpoint. Its fields are asked for by their place in the
// schema that was asked for; what the file does not have is null.
type group struct{ *array.Struct }

func newGroup(a arrow.Array) (group, error) {
	s, ok := a.(*array.Struct)
	if !ok {
		return group{}, fmt.Errorf("column of type %s where a struct belongs", a.DataType())
	}
	return group{s}, nil
}

// The readers of fields give the zero value for null.

func (g group) text(field, row int) string {
	if a, ok := g.Field(field).(*array.String); ok && a.IsValid(row) {
		return a.Value(row)
	}
	return ""
}

func (g group) int64(field, row int) int64 {
	if a, ok := g.Field(field).(*array.Int64); ok && a.IsValid(row) {
		return a.Value(row)
	}
	return 0
}

func (g group) int32(field, row int) int32 {
	if a, ok := g.Field(field).(*array.Int32); ok && a.IsValid(row) {
		return a.Value(row)
	}
	return 0
}

func (g group) bool(field, row int) bool {
	a, ok := g.Field(field).(*array.Boolean)
	return ok && a.IsValid(row) && a.Value(row)
}

// pointer is a number, nil for null.
func (g group) pointer(field, row int) *int64 {
	if a, ok := g.Field(field).(*array.Int64); ok && a.IsValid(row) {
		n := a.Value(row)
		return &n
	}
	return nil
}

func (g group) texts(field, row int) []string {
	list, ok := g.Field(field).(*array.List)
	if !ok || list.IsNull(row) {
		return nil
	}
	values, ok := list.ListValues().(*array.String)
	if !ok {
		return nil
	}
	start, end := list.ValueOffsets(row)
	out := make([]string, 0, end-start)
	for i := start; i < end; i++ {
		out = append(out, values.Value(int(i)))
	}
	return out
}

// textMap is nil for null and for an empty map.
func (g group) textMap(field, row int) map[string]*string {
	m, ok := g.Field(field).(*array.Map)
	if !ok || m.IsNull(row) {
		return nil
	}
	keys, ok := m.Keys().(*array.String)
	items, ok2 := m.Items().(*array.String)
	start, end := m.ValueOffsets(row)
	if !ok || !ok2 || start == end {
		return nil
	}
	out := make(map[string]*string, end-start)
	for i := int(start); i < int(end); i++ {
		if items.IsNull(i) {
			out[keys.Value(i)] = nil
			continue
		}
		v := items.Value(i)
		out[keys.Value(i)] = &v
	}
	return out
}

func (g group) vector(field, row int) *DeletionVector {
	v, ok := g.Field(field).(*array.Struct)
	inner := group{v}
	if !ok || v.IsNull(row) || inner.text(0, row) == "" {
		return nil
	}
	vector := &DeletionVector{
		StorageType: inner.text(0, row), PathOrInlineDV: inner.text(1, row), SizeInBytes: inner.int32(3, row),
		Cardinality: inner.int64(4, row), MaxRowIndex: inner.pointer(5, row),
	}
	if offset, ok := v.Field(2).(*array.Int32); ok && offset.IsValid(row) {
		at := offset.Value(row)
		vector.Offset = &at
	}
	return vector
}

// addAt reads a row of the add column.
func (g group) addAt(row int) (AddFile, error) {
	encoded := g.text(0, row)
	path, err := decodePath(encoded)
	if err != nil {
		return AddFile{}, fmt.Errorf("add.path: %w", err)
	}
	size := g.int64(2, row)
	if size < 0 {
		return AddFile{}, fmt.Errorf("add.size of %q is negative", encoded)
	}
	file := AddFile{
		Path: path, PartitionValues: g.textMap(1, row), Size: size, ModificationTime: g.int64(3, row),
		DataChange: g.bool(4, row), DeletionVector: g.vector(6, row), BaseRowID: g.pointer(7, row),
		DefaultRowCommitVersion: g.pointer(8, row), ClusteringProvider: g.text(9, row), Stats: g.text(10, row),
		encodedPath: encoded,
	}
	if file.Stats == "" && g.NumField() > addFieldCount {
		file.Stats = statsText(g.Field(addFieldCount), row)
	}
	if tags := g.textMap(5, row); tags != nil {
		file.Tags = plain(tags)
	}
	return file, nil
}

// keyAt reads a row of the add column of which only path and deletion vector were asked for.
func (g group) keyAt(row int) (fateKey, error) {
	path, err := decodePath(g.text(0, row))
	if err != nil {
		return fateKey{}, fmt.Errorf("add.path: %w", err)
	}
	return fateKeyOf(path, g.vector(1, row).id()), nil
}

// removeAt reads a row of the remove column.
func (g group) removeAt(row int) (RemoveFile, error) {
	encoded := g.text(0, row)
	path, err := decodePath(encoded)
	if err != nil {
		return RemoveFile{}, fmt.Errorf("remove.path: %w", err)
	}
	return RemoveFile{
		Path: path, DeletionTimestamp: g.int64(1, row), DataChange: g.bool(2, row),
		ExtendedFileMetadata: g.bool(3, row) && g.Field(5).IsValid(row), PartitionValues: g.textMap(4, row),
		Size: g.int64(5, row), DeletionVector: g.vector(6, row), BaseRowID: g.pointer(7, row),
		DefaultRowCommitVersion: g.pointer(8, row), encodedPath: encoded,
	}, nil
}
