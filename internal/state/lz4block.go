package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
)

// An LZ4 block stream is what net.jpountz.lz4.LZ4BlockOutputStream writes: blocks, each behind a
// header of 21 bytes, and a header of nothing at the end.
//
//	"LZ4Block"  token  compressed size  size  checksum    (sizes and checksum little-endian)
//
// The token's upper half is the method, its lower half says how large blocks may be: 2^(10+level).
const (
	blockMagic   = "LZ4Block"
	blockHeader  = len(blockMagic) + 1 + 3*4
	methodRaw    = 0x10
	methodLZ4    = 0x20
	levelBase    = 10
	blockSize    = 32 << 10 // as Spark has it (spark.io.compression.lz4.blockSize)
	blockLevel   = 5        // of 32 KiB
	checksumSeed = 0x9747b28c
	checksumMask = 0x0fffffff
)

func blockChecksum(data []byte) uint32 { return xxhash32(data, checksumSeed) & checksumMask }

// blockWriter writes an LZ4 block stream. Close writes its end, and leaves the writer below open.
type blockWriter struct {
	to         io.Writer
	block      []byte
	compressed []byte
	compressor lz4.Compressor
}

func newBlockWriter(to io.Writer) *blockWriter {
	return &blockWriter{
		to:         to,
		block:      make([]byte, 0, blockSize),
		compressed: make([]byte, blockHeader+lz4.CompressBlockBound(blockSize)),
	}
}

func (w *blockWriter) Write(data []byte) (n int, err error) { return fill(&w.block, data, w) }

// fill adds data to a block, and has its writer flush it whenever it is full.
func fill(block *[]byte, data []byte, w interface{ flush() error }) (n int, err error) {
	for len(data) > 0 {
		taken := min(len(data), blockSize-len(*block))
		*block = append(*block, data[:taken]...)
		data, n = data[taken:], n+taken
		if len(*block) == blockSize {
			if err := w.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (w *blockWriter) flush() error {
	size, err := w.compressor.CompressBlock(w.block, w.compressed[blockHeader:])
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	method := byte(methodLZ4)
	if size == 0 || size >= len(w.block) { // it does not pay
		method, size = methodRaw, copy(w.compressed[blockHeader:], w.block)
	}
	putBlockHeader(w.compressed, method, size, len(w.block), blockChecksum(w.block))
	w.block = w.block[:0]
	_, err = w.to.Write(w.compressed[:blockHeader+size])
	return err
}

func putBlockHeader(out []byte, method byte, compressed, size int, checksum uint32) {
	copy(out, blockMagic)
	out[8] = method | blockLevel
	binary.LittleEndian.PutUint32(out[9:], uint32(compressed))
	binary.LittleEndian.PutUint32(out[13:], uint32(size))
	binary.LittleEndian.PutUint32(out[17:], checksum)
}

// Close writes what is left, and the end.
func (w *blockWriter) Close() error {
	if len(w.block) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	var end [blockHeader]byte
	putBlockHeader(end[:], methodRaw, 0, 0, 0)
	_, err := w.to.Write(end[:])
	return err
}

// blockReader reads an LZ4 block stream, and others that follow it in the same file.
type blockReader struct {
	from       io.Reader
	header     [blockHeader]byte
	compressed []byte
	block      []byte
	rest       []byte // of the block, not yet given
	ended      bool   // an end was read, and nothing since
}

func newBlockReader(from io.Reader) *blockReader { return &blockReader{from: from} }

func (r *blockReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

var errBlock = errors.New("no LZ4 block stream, or a damaged one")

// next reads a block.
func (r *blockReader) next() error {
	if _, err := io.ReadFull(r.from, r.header[:]); err != nil {
		if errors.Is(err, io.EOF) && r.ended {
			return io.EOF
		}
		return cutShort(err)
	}
	method, level := r.header[8]&0xf0, int(r.header[8]&0x0f)
	compressed, size := binary.LittleEndian.Uint32(r.header[9:]), binary.LittleEndian.Uint32(r.header[13:])
	checksum := binary.LittleEndian.Uint32(r.header[17:])
	limit := uint32(1) << (levelBase + level)
	switch {
	case string(r.header[:8]) != blockMagic,
		method != methodRaw && method != methodLZ4,
		size > limit || compressed > uint32(lz4.CompressBlockBound(int(limit))),
		method == methodRaw && size != compressed,
		(size == 0) != (compressed == 0):
		return errBlock
	}
	r.ended = size == 0
	if r.ended {
		return nil
	}
	r.compressed = sized(r.compressed, int(compressed))
	if _, err := io.ReadFull(r.from, r.compressed); err != nil {
		return cutShort(err)
	}
	r.block = sized(r.block, int(size))
	if method == methodRaw {
		copy(r.block, r.compressed)
	} else if n, err := lz4.UncompressBlock(r.compressed, r.block); err != nil || n != int(size) {
		return errBlock
	}
	if blockChecksum(r.block) != checksum {
		return fmt.Errorf("%w: its checksum differs", errBlock)
	}
	r.rest = r.block
	return nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is cut short", errBlock)
	}
	return err
}

func sized(buffer []byte, n int) []byte {
	if cap(buffer) < n {
		return make([]byte, n)
	}
	return buffer[:n]
}
