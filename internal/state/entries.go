package state

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A delta or snapshot holds entries, and the size -1 at its end. All sizes are big-endian.
//
//	key size  key  value size  value     value size -1: the key was removed (in deltas only)
const (
	endOfEntries = -1
	removedValue = -1
)

// entryWriter writes the entries of one file.
type entryWriter struct {
	blocks *blockWriter
	buffer *bufio.Writer
	size   [4]byte
}

func newEntryWriter(to io.Writer) *entryWriter {
	blocks := newBlockWriter(to)
	return &entryWriter{blocks: blocks, buffer: bufio.NewWriterSize(blocks, blockSize)}
}

// Errors of the buffer stay with it, for close to tell.
func (w *entryWriter) put(key, value []byte) {
	w.sized(key)
	w.sized(value)
}

func (w *entryWriter) remove(key []byte) {
	w.sized(key)
	w.writeSize(removedValue)
}

func (w *entryWriter) sized(data []byte) {
	w.writeSize(int32(len(data)))
	_, _ = w.buffer.Write(data)
}

func (w *entryWriter) writeSize(n int32) {
	binary.BigEndian.PutUint32(w.size[:], uint32(n))
	_, _ = w.buffer.Write(w.size[:])
}

func (w *entryWriter) close() error {
	w.writeSize(endOfEntries)
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	return w.blocks.Close()
}

// readEntries walks the entries of a file. The slices are the callee's only during the call. A removed
// key has a nil value.
func readEntries(from io.Reader, visit func(key, value []byte)) error {
	r := entryReader{from: bufio.NewReaderSize(newBlockReader(from), blockSize)}
	for {
		size, err := r.readSize()
		if err != nil {
			return err
		}
		if size == endOfEntries {
			return nil
		}
		if r.key, err = r.bytes(r.key, size, "key"); err != nil {
			return err
		}
		if size, err = r.readSize(); err != nil {
			return err
		}
		if size == removedValue {
			visit(r.key, nil)
			continue
		}
		if r.value, err = r.bytes(r.value, size, "value"); err != nil {
			return err
		}
		// Spark once wrote values with stray bytes behind them (SPARK-23207): rows end on words.
		visit(r.key, r.value[:len(r.value)&^7])
	}
}

type entryReader struct {
	from       *bufio.Reader
	key, value []byte
}

func (r *entryReader) readSize() (int32, error) {
	var size [4]byte
	if _, err := io.ReadFull(r.from, size[:]); err != nil {
		return 0, ended(err)
	}
	return int32(binary.BigEndian.Uint32(size[:])), nil
}

// growStep bounds what a size that lies can cost.
const growStep = 1 << 20

// bytes reads into a buffer that grows as far as bytes come.
func (r *entryReader) bytes(buffer []byte, size int32, what string) ([]byte, error) {
	if size < 0 || size == math.MaxInt32 {
		return nil, fmt.Errorf("%s size cannot be %d", what, size)
	}
	buffer = buffer[:0]
	for left := int(size); left > 0; {
		step, at := min(left, growStep), len(buffer)
		if cap(buffer)-at < step {
			buffer = append(buffer, make([]byte, step)...)
		} else {
			buffer = buffer[:at+step]
		}
		if _, err := io.ReadFull(r.from, buffer[at:]); err != nil {
			return nil, ended(err)
		}
		left -= step
	}
	if buffer == nil {
		buffer = []byte{}
	}
	return buffer, nil
}

func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends before its last entry")
	}
	return err
}
