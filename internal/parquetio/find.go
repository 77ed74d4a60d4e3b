package parquetio

import (
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// fieldIDKey is where a field's metadata tells the id that it has in files, as Spark spells it.
const fieldIDKey = "parquet.field.id"

// nestedIDsKey is where it tells those of what is inside of its arrays and maps.
const nestedIDsKey = "parquet.field.nested.ids"

// A Finder says by what the wanted fields are found in a file. Fields may carry a name and an id of their own in the metadata that Delta
// keeps for column mapping; those that carry none are found by their names.
type Finder uint8

// The ways to find a field.
const (
	ByName         Finder = iota // case counts only where CaseSensitive says so
	ByPhysicalName               // metadata delta.columnMapping.physicalName
	ByFieldID                    // metadata delta.columnMapping.id
)

// child is the child of a node that holds the field; nil: none does.
func (f Finder) child(n *node, want types.Field, caseSensitive bool) (*node, error) {
	switch f {
	case ByPhysicalName:
		if name, ok := want.Metadata["delta.columnMapping.physicalName"].(string); ok {
			return n.find(name, true)
		}
	case ByFieldID:
		if id, ok := want.Metadata["delta.columnMapping.id"].(int64); ok {
			return n.withID(id), nil
		}
	case ByName:
	}
	return n.find(want.Name, caseSensitive)
}

// withID is the child with that id.
func (n *node) withID(id int64) *node {
	for _, child := range n.children {
		if child.element.fieldID >= 0 && int64(child.element.fieldID) == id {
			return child
		}
	}
	return nil
}

// checkIDs refuses a file without a single id where the columns are found by ids: each would be found missing, and be null without a word.
func (f *File) checkIDs(opts ReadOptions) error {
	wanted := func(field types.Field) bool { _, ok := field.Metadata["delta.columnMapping.id"].(int64); return ok }
	there := func(e element) bool { return e.fieldID >= 0 }
	if opts.Find != ByFieldID || !slices.ContainsFunc(opts.Schema.Fields, wanted) || slices.ContainsFunc(f.footer.elements, there) {
		return nil
	}
	return errclass.FailedReadFile.New("The columns are found by field ids, and the file has none.").
		WithHint("A table whose column mapping is by id holds only files whose writers knew of it.")
}
