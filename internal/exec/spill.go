package exec

import (
	"sync"
	"unsafe"

	"lakehouse/volumes"
)

// A Spill is room in mapped files without a name, for what the budget has no memory for: the kernel writes its pages out when memory is
// short. What lies in it is good until Release. The zero value is empty. Any goroutine may use it.
type Spill struct {
	mu    sync.Mutex
	free  []byte             // under mu, as all below: of the last file
	files []*volumes.Scratch // each larger than the one before
}

const (
	firstSpill = 1 << 20
	maxSpill   = 64 << 20
	spillAlign = 64 // what vectors like
)

// room makes room for n bytes.
func (s *Spill) room(n int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if taken := (n + spillAlign - 1) &^ (spillAlign - 1); taken > len(s.free) {
		file, err := volumes.NewScratch(max(min(firstSpill<<min(len(s.files), 16), maxSpill), taken))
		if err != nil {
			return nil, err
		}
		for _, f := range s.files {
			f.Cool()
		}
		s.files, s.free = append(s.files, file), file.Bytes()
	}
	space := s.free[:n:n]
	s.free = s.free[min(len(s.free), (n+spillAlign-1)&^(spillAlign-1)):]
	return space, nil
}

// Cool says that nothing of it is wanted soon.
func (s *Spill) Cool() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		f.Cool()
	}
}

// Release gives the room back. Nobody may look at what lay there.
func (s *Spill) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files, s.free = nil, nil
}

// Spilled is a copy of numbers that lies in a spill.
func Spilled[T uint8 | int32 | uint32](s *Spill, values []T) ([]T, error) {
	out, err := zeroed[T](s, len(values))
	copy(out, values)
	return out, err
}

// zeroed is n zeros that lie in a spill.
func zeroed[T uint8 | int32 | uint32 | uint64](s *Spill, n int) ([]T, error) {
	if n == 0 {
		return nil, nil
	}
	var one T
	space, err := s.room(n * int(unsafe.Sizeof(one)))
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(space))), n), nil
}
