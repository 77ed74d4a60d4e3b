package avroio

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

const (
	magic    = "Obj\x01"
	syncSize = 16
	// maxBlock bounds a block, before and after it is unpacked: writers make them of some ten kilobytes.
	maxBlock = 256 << 20
	// maxHeader bounds the header, of which the schema is the most.
	maxHeader = 32 << 20
)

var errCut = errors.New("the Avro file ends too early")

// A container is an object container file.
type container struct {
	in     io.ReaderAt
	size   int64
	Schema *Schema
	text   string // of the schema
	codec  string
	sync   [syncSize]byte
	first  int64 // where the blocks begin
	meta   map[string]string
}

// noted is an entry of the header.
func (c *container) noted(key string) (string, bool) {
	value, ok := c.meta[key]
	return value, ok
}

// openContainer reads the header.
func openContainer(in io.ReaderAt, size int64) (*container, error) {
	c := &container{in: in, size: size}
	head := make([]byte, min(size, 64<<10))
	for {
		if _, err := in.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		err := c.header(head)
		if !errors.Is(err, errCut) {
			return c, err
		}
		if int64(len(head)) == size || len(head) >= maxHeader {
			return nil, fmt.Errorf("the header: %w", err)
		}
		head = make([]byte, min(size, int64(len(head))*4, maxHeader))
	}
}

func (c *container) header(head []byte) error {
	if len(head) < len(magic) || string(head[:len(magic)]) != magic {
		return errors.New("the file is no Avro container")
	}
	d := cursor{data: head, pos: len(magic)}
	meta := map[string]string{}
	for {
		n := d.count(0)
		if d.err != nil {
			return d.err
		}
		if n == 0 {
			break
		}
		for range n {
			key, value := string(d.bytes()), string(d.bytes())
			if d.err != nil {
				return d.err
			}
			meta[key] = value
		}
	}
	if copy(c.sync[:], d.take(syncSize)); d.err != nil {
		return d.err
	}
	c.first = int64(d.pos)
	if c.codec = meta["avro.codec"]; c.codec == "" {
		c.codec = "null"
	}
	if _, ok := codecs[c.codec]; !ok {
		return fmt.Errorf("the Avro codec %q is unknown", c.codec)
	}
	c.text, c.meta = meta["avro.schema"], meta
	var err error
	c.Schema, err = parseSchema([]byte(c.text))
	return err
}

// blocks gives those whose preceding marker begins in [start, end): their number of records and their bytes, which are valid
// until the next one.
func (c *container) blocks(start, end int64, use func(count int64, data []byte, offset int64) error) error {
	at := c.first
	if start > c.first-syncSize {
		var err error
		if at, err = c.marker(start); err != nil || at < 0 {
			return err
		}
	}
	u := newUnpacker(c.codec)
	var packed []byte
	for at-syncSize < end && at < c.size {
		count, length, from, err := c.blockHead(at)
		if err != nil {
			return fmt.Errorf("the block at byte %d: %w", at, err)
		}
		if int64(cap(packed)) < length+syncSize {
			packed = make([]byte, length+syncSize)
		}
		packed = packed[:length+syncSize]
		if err := readFull(c.in, packed, from); err != nil {
			return fmt.Errorf("the block at byte %d: %w", at, err)
		}
		if !bytes.Equal(packed[length:], c.sync[:]) {
			return fmt.Errorf("the block at byte %d: it does not end in the marker", at)
		}
		data, err := u.unpack(packed[:length])
		if err != nil {
			return fmt.Errorf("the block at byte %d: unpack %s: %w", at, c.codec, err)
		}
		if err := use(count, data, at); err != nil {
			return err
		}
		at = from + length + syncSize
	}
	return nil
}

// blockHead reads the two numbers before a block.
func (c *container) blockHead(at int64) (count, length, from int64, err error) {
	head := make([]byte, min(2*binary.MaxVarintLen64, c.size-at))
	if err := readFull(c.in, head, at); err != nil {
		return 0, 0, 0, err
	}
	d := cursor{data: head}
	count, length = d.long(), d.long()
	from = at + int64(d.pos)
	switch {
	case d.err != nil:
		return 0, 0, 0, d.err
	case count < 0 || length < 0 || length > maxBlock:
		return 0, 0, 0, fmt.Errorf("it says that it has %d records in %d bytes", count, length)
	case length > c.size-from-syncSize:
		return 0, 0, 0, errCut
	}
	return count, length, from, nil
}

// marker is the place behind the first marker that begins at start or later; -1: there is none.
func (c *container) marker(start int64) (int64, error) {
	const window = 64 << 10
	buf := make([]byte, window+syncSize)
	for at := max(start, c.first-syncSize); at < c.size; at += window {
		n, err := c.in.ReadAt(buf[:min(int64(len(buf)), c.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.Index(buf[:n], c.sync[:]); i >= 0 {
			return at + int64(i) + syncSize, nil
		}
	}
	return -1, nil
}

func readFull(in io.ReaderAt, p []byte, at int64) error {
	n, err := in.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// codecs are those that there are; each has a case in unpack.
var codecs = map[string]bool{"null": true, "deflate": true, "snappy": true, "zstandard": true, "bzip2": true, "xz": true}

// An unpacker unpacks the blocks of a file.
type unpacker struct {
	codec string
	plain bytes.Buffer
	block []byte // of snappy
	flate io.ReadCloser
	zstd  *zstd.Decoder
}

func newUnpacker(codec string) *unpacker { return &unpacker{codec: codec} }

func (u *unpacker) unpack(packed []byte) ([]byte, error) {
	switch u.codec {
	case "null":
		return packed, nil
	case "snappy":
		return u.snappy(packed)
	}
	if u.codec == "xz" && !modestXZ(packed) {
		return nil, errors.New("its dictionary is too large, or it is no xz")
	}
	in, err := u.open(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	u.plain.Reset()
	n, err := u.plain.ReadFrom(io.LimitReader(in, maxBlock+1))
	if err != nil {
		return nil, err
	}
	if n > maxBlock {
		return nil, fmt.Errorf("it has more than %d bytes", maxBlock)
	}
	return u.plain.Bytes(), nil
}

func (u *unpacker) open(packed io.Reader) (io.Reader, error) {
	switch u.codec {
	case "deflate":
		if u.flate == nil {
			u.flate = flate.NewReader(packed)
			return u.flate, nil
		}
		return u.flate, u.flate.(flate.Resetter).Reset(packed, nil)
	case "zstandard":
		if u.zstd != nil {
			return u.zstd, u.zstd.Reset(packed)
		}
		var err error
		u.zstd, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
		return u.zstd, err
	case "bzip2":
		return bzip2.NewReader(packed), nil
	default:
		return xz.ReaderConfig{DictCap: 1 << 12}.NewReader(packed)
	}
}

// modestXZ looks into the header of the first block for its dictionary, which the reader would allocate whatever its size: the
// largest that xz makes by itself has 64 MiB.
func modestXZ(packed []byte) bool {
	const streamHeader, lzma2, largest = 12, 0x21, 28
	if len(packed) < streamHeader+6 {
		return false
	}
	at := streamHeader + 2
	for range int(packed[at-1]>>6&1) + int(packed[at-1]>>7) { // the sizes that may stand there
		_, n := binary.Uvarint(packed[at:])
		if n <= 0 {
			return false
		}
		at += n
	}
	return at+2 < len(packed) && packed[at] == lzma2 && packed[at+2] <= largest
}

// snappy has a checksum of the plain bytes behind them.
func (u *unpacker) snappy(packed []byte) ([]byte, error) {
	if len(packed) < 4 {
		return nil, errCut
	}
	body, sum := packed[:len(packed)-4], binary.BigEndian.Uint32(packed[len(packed)-4:])
	n, err := snappy.DecodedLen(body)
	if err != nil {
		return nil, err
	}
	if n > maxBlock {
		return nil, fmt.Errorf("it has more than %d bytes", maxBlock)
	}
	if u.block, err = snappy.Decode(u.block[:cap(u.block)], body); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(u.block) != sum {
		return nil, errors.New("its checksum is wrong")
	}
	return u.block, nil
}
