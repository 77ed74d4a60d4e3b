package volumes

import "path/filepath"

// HostFolder is the folder of the host that a store holds, as an absolute path; ok is false for a store that is elsewhere.
func HostFolder(store Store) (folder string, ok bool) {
	l, ok := store.(*Local)
	if !ok {
		return "", false
	}
	if _, onHost := l.disk.(*rootDisk); !onHost {
		return "", false
	}
	folder, err := filepath.Abs(l.path)
	return folder, err == nil
}
