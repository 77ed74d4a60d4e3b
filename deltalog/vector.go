package deltalog

import "strconv"

// id is the vector's part of a logical file's key: storage type, path and offset; empty for none.
func (v *DeletionVector) id() string {
	if v == nil {
		return ""
	}
	id := v.StorageType + v.PathOrInlineDV
	if v.Offset != nil {
		id += "@" + strconv.Itoa(int(*v.Offset))
	}
	return id
}
