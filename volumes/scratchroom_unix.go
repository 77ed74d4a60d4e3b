//go:build unix && !linux

package volumes

import (
	"io"
	"os"
)

// takeRoom makes a new file so long, and has the disk keep the room for it: what is only declared to be there would be found missing
// when it is written to through the mapping, as a signal.
func takeRoom(file *os.File, n int64) error {
	_, err := io.CopyN(file, zeros{}, n)
	return err
}

// zeros is as many zero bytes as are asked for.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
