package deltalog

// fileName is the file that holds the vector; empty for none and for an inline one.
func (v *DeletionVector) fileName() (string, error) {
	if v == nil || v.StorageType == vectorInline {
		return "", nil
	}
	return v.file()
}
