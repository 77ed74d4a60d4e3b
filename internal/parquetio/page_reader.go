package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

// A pageReader takes the pages of a column chunk out of its bytes.
type pageReader struct {
	leaf   *node
	codec  format.CompressionCodec
	data   []byte // what is left of the chunk
	left   int64  // values left in the chunk
	unpack decompressor
	page   []byte // scratch: the current page, unpacked
}

// A page is a data page, taken apart.
type page struct {
	values     int
	defs, reps hybridReader
	encoding   format.Encoding
	body       []byte
}

// A dictionaryPage holds the values, plainly encoded.
type dictionaryPage struct {
	values int
	body   []byte
}

// newPageReader reads the chunk's bytes.
func newPageReader(in io.ReaderAt, c *columnChunk, leaf *node) (*pageReader, error) {
	data := make([]byte, c.size)
	if err := readFull(in, data, c.start()); err != nil {
		return nil, err
	}
	return &pageReader{leaf: leaf, codec: c.codec, data: data, left: c.values}, nil
}

// next gives the next data page, or io.EOF. Dictionaries go to onDictionary. A page is valid until
// the next call, as is a dictionary.
func (r *pageReader) next(onDictionary func(dictionaryPage) error) (page, error) {
	for r.left > 0 {
		header, n, err := decodePageHeader(r.data)
		if err != nil {
			return page{}, fmt.Errorf("page header: %w", err)
		}
		if header.size < 0 || int(header.size) > len(r.data)-n {
			return page{}, fmt.Errorf("a page of %d bytes where the chunk has %d", header.size, len(r.data)-n)
		}
		body := r.data[n : n+int(header.size)]
		r.data = r.data[n+int(header.size):]
		if header.hasCRC && header.crc != crc32.ChecksumIEEE(body) {
			return page{}, errors.New("a page does not match its checksum")
		}
		switch header.kind {
		case format.DictionaryPage:
			if err := r.dictionary(header, body, onDictionary); err != nil {
				return page{}, fmt.Errorf("dictionary page: %w", err)
			}
		case format.DataPage, format.DataPageV2:
			p, err := r.dataPage(header, body)
			if err != nil {
				return page{}, fmt.Errorf("data page: %w", err)
			}
			return p, nil
		default: // an index page, or one that a later version adds: not needed for the values
		}
	}
	return page{}, io.EOF
}

func (r *pageReader) dictionary(h pageHeader, body []byte, onDictionary func(dictionaryPage) error) error {
	if h.encoding != format.Plain && h.encoding != oldDictionary {
		return fmt.Errorf("encoding %v", h.encoding)
	}
	raw, err := r.unpack.decompress(r.codec, r.page, body, int(h.uncompressed))
	if err != nil {
		return err
	}
	r.keep(raw)
	if h.values < 0 || int(h.values) > len(raw)*8 {
		return fmt.Errorf("%d values in %d bytes", h.values, len(raw))
	}
	return onDictionary(dictionaryPage{values: int(h.values), body: raw})
}

// keep reuses the memory of a page for the next one, unless it is the chunk's own.
func (r *pageReader) keep(raw []byte) {
	if r.codec != format.Uncompressed && cap(raw) > cap(r.page) {
		r.page = raw
	}
}

func (r *pageReader) dataPage(h pageHeader, body []byte) (page, error) {
	if h.values < 0 || int64(h.values) > r.left {
		return page{}, fmt.Errorf("%d values, the chunk has %d left", h.values, r.left)
	}
	r.left -= int64(h.values)
	p := page{values: int(h.values), encoding: h.encoding}
	if h.kind == format.DataPageV2 {
		return r.dataPageV2(p, h, body)
	}
	raw, err := r.unpack.decompress(r.codec, r.page, body, int(h.uncompressed))
	if err != nil {
		return p, err
	}
	r.keep(raw)
	maxDef, maxRep := r.leaf.def, r.leaf.rep
	if maxRep > 0 {
		if p.reps, raw, err = pageLevels(raw, h.repEncoding, maxRep); err != nil {
			return p, fmt.Errorf("repetition levels: %w", err)
		}
	}
	if maxDef > 0 {
		if p.defs, raw, err = pageLevels(raw, h.defEncoding, maxDef); err != nil {
			return p, fmt.Errorf("definition levels: %w", err)
		}
	}
	p.body = raw
	return p, nil
}

func pageLevels(raw []byte, encoding format.Encoding, most uint8) (hybridReader, []byte, error) {
	if encoding != format.RLE {
		return hybridReader{}, nil, fmt.Errorf("encoding %v is not supported", encoding)
	}
	data, rest, err := cutLevels(raw)
	return hybridReader{data: data, width: bits.Len8(most)}, rest, err
}

// cutLevels splits bytes behind their length from what follows.
func cutLevels(raw []byte) (levels, rest []byte, err error) {
	if len(raw) < 4 {
		return nil, nil, errShortPage
	}
	n := binary.LittleEndian.Uint32(raw)
	if uint64(n) > uint64(len(raw)-4) {
		return nil, nil, errShortPage
	}
	return raw[4 : 4+n], raw[4+n:], nil
}

// dataPageV2 has its levels before the compressed part, without lengths.
func (r *pageReader) dataPageV2(p page, h pageHeader, body []byte) (page, error) {
	if h.repBytes < 0 || h.defBytes < 0 || int64(h.repBytes)+int64(h.defBytes) > int64(len(body)) {
		return p, errShortPage
	}
	maxDef, maxRep := r.leaf.def, r.leaf.rep
	p.reps = hybridReader{data: body[:h.repBytes], width: bits.Len8(maxRep)}
	body = body[h.repBytes:]
	p.defs = hybridReader{data: body[:h.defBytes], width: bits.Len8(maxDef)}
	body = body[h.defBytes:]
	if h.stored {
		p.body = body
		return p, nil
	}
	size := int(h.uncompressed) - int(h.repBytes) - int(h.defBytes)
	raw, err := r.unpack.decompress(r.codec, r.page, body, size)
	if err != nil {
		return p, err
	}
	r.keep(raw)
	p.body = raw
	return p, nil
}
