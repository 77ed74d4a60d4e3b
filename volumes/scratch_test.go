package volumes_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"lakehouse/volumes"
)

// What was written comes back after it was cooled; no file is left with a name, but on Windows, where it goes with the last reference.
func TestScratchKeepsItsBytes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := volumes.NewScratch(1 << 20)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has none")
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Bytes() {
		s.Bytes()[i] = byte(i * 7)
	}
	s.Cool()
	for i, b := range s.Bytes() {
		if b != byte(i*7) {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); runtime.GOOS != "windows" && (err != nil || len(left) > 0) {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A disk without the room is an error, with the number of bytes.
func TestScratchWithoutRoomIsAnError(t *testing.T) {
	if _, err := volumes.NewScratch(1 << 60); err == nil {
		t.Error("an exbyte was had")
	}
}
