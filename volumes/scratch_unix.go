//go:build unix

package volumes

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func mapScratch(n int) (data []byte, unmap func(), err error) {
	file, err := os.CreateTemp("", "medallion-scratch-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }() // the mapping keeps the file
	if err := os.Remove(file.Name()); err != nil {
		return nil, nil, err
	}
	if err := takeRoom(file, int64(n)); err != nil {
		return nil, nil, fmt.Errorf("take %d bytes of scratch in %s: %w", n, os.TempDir(), err)
	}
	data, err = unix.Mmap(int(file.Fd()), 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED) //nolint:gosec // a descriptor is small
	if err != nil {
		return nil, nil, fmt.Errorf("map %d bytes of scratch: %w", n, err)
	}
	return data, func() { _ = unix.Munmap(data) }, nil // it was mapped
}

func coolScratch(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) } // advice that is not taken costs nothing
