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
	blocks io.WriteCloser
	entry  []byte
	err    error // the first, for close to tell
}

func newEntryWriter(to io.Writer, codec Codec) *entryWriter {
	blocks, err := codec.compressing(to)
	return &entryWriter{blocks: blocks, err: err}
}

func (w *entryWriter) put(key, value []byte) {
	w.write(appendSized(appendSized(w.entry[:0], key), value))
}

func (w *entryWriter) remove(key []byte) {
	w.write(appendSize(appendSized(w.entry[:0], key), removedValue))
}

func (w *entryWriter) write(entry []byte) {
	w.entry = entry
	if w.err == nil {
		_, w.err = w.blocks.Write(entry)
	}
}

func appendSized(out, data []byte) []byte { return append(appendSize(out, int32(len(data))), data...) }

func appendSize(out []byte, n int32) []byte { return binary.BigEndian.AppendUint32(out, uint32(n)) }

func (w *entryWriter) close() error {
	w.write(appendSize(w.entry[:0], endOfEntries))
	if w.err != nil {
		return w.err
	}
	return w.blocks.Close()
}

// readEntries walks the entries of a file. The slices are the callee's only during the call. A removed
// key has a nil value.
func readEntries(from io.Reader, visit func(key, value []byte)) error {
	content, done, err := decompressed(from)
	if err != nil {
		return err
	}
	defer done()
	r := entryReader{from: bufio.NewReaderSize(content, blockSize)}
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
