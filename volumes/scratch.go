package volumes

import "runtime"

// Scratch is memory that lies in a file without a name, in the folder for temporary files: when memory is short, the
// kernel writes its pages there and takes them back. It is freed when nothing refers to it any more: who uses the bytes keeps the Scratch.
// Nothing in it outlives the process, not even a name on Windows, where the file has one while it is used.
type Scratch struct{ bytes []byte }

// NewScratch makes so many bytes of it, all zero; their room on disk is taken at once, so that a full disk is an error here and no
// fault later. Where the system has no such memory the error is errors.ErrUnsupported.
func NewScratch(n int) (*Scratch, error) {
	data, unmap, err := mapScratch(n)
	if err != nil {
		return nil, err
	}
	s := &Scratch{bytes: data}
	runtime.AddCleanup(s, func(unmap func()) { unmap() }, unmap)
	return s, nil
}

// Bytes is the memory.
func (s *Scratch) Bytes() []byte { return s.bytes }

// Cool says that the bytes are not wanted soon: they no longer count as memory of the process, and come back, with what was
// written to them, when they are touched.
func (s *Scratch) Cool() { coolScratch(s.bytes) }
