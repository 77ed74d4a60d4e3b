package volumes

import (
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/google/uuid"
	"golang.org/x/sys/windows"
)

// mapScratch maps a file that has a name as long as it is open: the system removes it with its last handle, also when the process dies.
func mapScratch(n int) (data []byte, unmap func(), err error) {
	name := filepath.Join(os.TempDir(), "medallion-scratch-"+uuid.NewString())
	at, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, nil, err
	}
	file, err := windows.CreateFile(at, windows.GENERIC_READ|windows.GENERIC_WRITE|windows.DELETE, 0, nil, windows.CREATE_NEW,
		windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		return nil, nil, &os.PathError{Op: "create", Path: name, Err: err}
	}
	closeFile := func() { _ = windows.CloseHandle(file) } // it is open
	// A mapping that is longer than its file makes the file as long, and takes the room on disk.
	mapping, err := windows.CreateFileMapping(file, nil, windows.PAGE_READWRITE, uint32(uint64(n)>>32), uint32(n), nil) //nolint:gosec // both halves of the length
	if err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("take %d bytes of scratch in %s: %w", n, os.TempDir(), err)
	}
	defer func() { _ = windows.CloseHandle(mapping) }() // the view keeps it
	view, err := windows.MapViewOfFile(mapping, windows.FILE_MAP_READ|windows.FILE_MAP_WRITE, 0, 0, uintptr(n))
	if err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("map %d bytes of scratch: %w", n, err)
	}
	return bytesAt(view, n), func() {
		_ = windows.UnmapViewOfFile(view) // it was mapped
		closeFile()
	}, nil
}

// bytesAt is memory that the collector does not know. The address is read as a pointer where it lies, not converted: it is none of Go's.
func bytesAt(view uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&view)), n)
}

// coolScratch takes the pages out of the working set: to unlock what is not locked does that, and reports that it was not.
func coolScratch(data []byte) {
	_ = windows.VirtualUnlock(uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data))) // advice that is not taken costs nothing
}
