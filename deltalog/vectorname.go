package deltalog

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

const z85Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// fileName is the file that holds the vector; empty for none and for an inline one.
func (v *DeletionVector) fileName() (string, error) {
	switch {
	case v == nil || v.StorageType == "i":
		return "", nil
	case v.StorageType == "p":
		return v.PathOrInlineDV, nil
	case v.StorageType != "u" || len(v.PathOrInlineDV) < 20:
		return "", fmt.Errorf("deletion vector %.100q of storage type %.10q", v.PathOrInlineDV, v.StorageType)
	}
	cut := len(v.PathOrInlineDV) - 20
	var id uuid.UUID
	for i := range 4 {
		var n uint64
		for j := range 5 {
			digit := strings.IndexByte(z85Digits, v.PathOrInlineDV[cut+5*i+j])
			if digit < 0 {
				return "", fmt.Errorf("deletion vector %.100q names no file", v.PathOrInlineDV)
			}
			n = n*85 + uint64(digit)
		}
		binary.BigEndian.PutUint32(id[4*i:], uint32(n))
	}
	name := "deletion_vector_" + id.String() + ".bin"
	if cut > 0 {
		name = v.PathOrInlineDV[:cut] + "/" + name
	}
	return name, nil
}
