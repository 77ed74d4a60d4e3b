package volumes

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func mapScratch(n int) ([]byte, error) {
	file, err := os.CreateTemp("", "medallion-scratch-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // the mapping keeps the file
	if err := os.Remove(file.Name()); err != nil {
		return nil, err
	}
	fd := int(file.Fd()) //nolint:gosec // a descriptor is small
	if err := unix.Fallocate(fd, 0, 0, int64(n)); err != nil {
		return nil, fmt.Errorf("take %d bytes of scratch in %s: %w", n, os.TempDir(), err)
	}
	data, err := unix.Mmap(fd, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of scratch: %w", n, err)
	}
	return data, nil
}

func unmapScratch(data []byte) { _ = unix.Munmap(data) } // it was mapped

func coolScratch(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) } // advice that is not taken costs nothing
