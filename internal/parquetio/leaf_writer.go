package parquetio

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// A leafWriter writes one leaf of the schema: it pairs values with levels, cuts pages, and holds the
// finished pages of the chunk until the row group ends. Leaves share nothing but the compressor, so that several can be
// written at once.
type leafWriter struct {
	name     string // dotted, for errors
	path     []string
	physical format.Type
	maxDef   uint8
	maxRep   uint8
	required bool // the leaf itself may not be null

	values     valueEncoder
	defs, reps levelBuffer
	compressor *compressor
	pageBytes  int

	pageRows  int64
	pageNulls int64

	chunkRows, chunkValues, chunkNulls int64
	fileNulls                          int64
	body                               []byte // finished pages with their headers
	uncompressed                       int64  // their size before compression
	pages                              []pageEntry
	indexable                          bool // no page's bounds are in doubt
	encodings                          map[format.Encoding]int32
	raw, packed                        []byte // scratch
	levels                             []uint8
	at                                 []int32
}

// A pageEntry is what the page indexes say of a page; its offset counts from the chunk's first data page.
type pageEntry struct {
	offset, size int64
	firstRow     int64
	nulls        int64
	allNull      bool
	bounds       pageBounds
}

func newLeafWriter(path []string, maxDef, maxRep uint8) *leafWriter {
	return &leafWriter{
		path: path, maxDef: maxDef, maxRep: maxRep, indexable: true,
		defs:      levelBuffer{usual: maxDef, max: maxDef},
		reps:      levelBuffer{max: maxRep},
		encodings: map[format.Encoding]int32{},
	}
}

// write appends the rows that the slots stand for; a holds the values.
func (l *leafWriter) write(a arrow.Array, s *slots, rows int) error {
	present, err := l.addLevels(a, s)
	if err != nil {
		return err
	}
	if present.n > 0 {
		if err := l.values.add(a, present.at); err != nil {
			return fmt.Errorf("write column %s: %w", l.name, err)
		}
	}
	l.pageRows += int64(rows)
	l.pageNulls += int64(s.n - present.n)
	if l.pageRows >= pageRows || l.values.pageSize()+l.defs.n/4 >= l.pageBytes {
		return l.endPage()
	}
	return nil
}

// buffered estimates the bytes that the leaf will add to the file.
func (l *leafWriter) buffered() int64 {
	return int64(len(l.body) + l.values.bufferedSize() + (len(l.defs.levels)+len(l.reps.levels))/4)
}

// endPage encodes and compresses the page into the chunk's body.
func (l *leafWriter) endPage() error {
	if l.pageRows == 0 {
		return nil
	}
	raw := l.reps.encode(l.raw[:0])
	raw = l.defs.encode(raw)
	raw, encoding, bounds := l.values.endPage(raw)
	l.raw = raw
	if len(raw) > math.MaxInt32 {
		return fmt.Errorf("write column %s: a page of %d bytes; Parquet allows 2 GB", l.name, len(raw))
	}
	start := int64(len(l.body))
	entry := pageEntry{
		offset: start, firstRow: l.chunkRows, nulls: l.pageNulls,
		allNull: l.pageNulls == int64(l.defs.n), bounds: bounds,
	}
	err := l.appendPage(raw, format.PageHeader{
		Type: format.DataPage,
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues:               int32(l.defs.n),
			Encoding:                encoding,
			DefinitionLevelEncoding: format.RLE,
			RepetitionLevelEncoding: format.RLE,
		}),
	})
	if err != nil {
		return err
	}
	entry.size = int64(len(l.body)) - start
	l.pages = append(l.pages, entry)
	l.indexable = l.indexable && !bounds.nan && (bounds.known || entry.allNull)
	l.encodings[encoding]++
	l.chunkRows += l.pageRows
	l.chunkValues += int64(l.defs.n)
	l.chunkNulls += l.pageNulls
	l.pageRows, l.pageNulls = 0, 0
	l.defs.reset()
	l.reps.reset()
	return nil
}

// appendPage compresses a page behind its header, whose sizes and checksum it fills in.
func (l *leafWriter) appendPage(raw []byte, header format.PageHeader) error {
	packed, err := l.compressor.compress(l.packed, raw)
	if err != nil {
		return fmt.Errorf("write column %s: compress: %w", l.name, err)
	}
	if l.compressor.codec != format.Uncompressed {
		l.packed = packed
	}
	header.UncompressedPageSize = int32(len(raw))
	header.CompressedPageSize = int32(len(packed))
	header.CRC = int32(crc32.ChecksumIEEE(packed))
	before := len(l.body)
	l.body, err = appendThrift(l.body, &header)
	if err != nil {
		return fmt.Errorf("write column %s: page header: %w", l.name, err)
	}
	l.uncompressed += int64(len(l.body)-before) + int64(len(raw))
	l.body = append(l.body, packed...)
	return nil
}

// appendThrift encodes v in the compact protocol.
func appendThrift(dst []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	err := thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(out)).Encode(v)
	return out.Bytes(), err
}

// A finishedChunk is a column chunk ready to be laid down: a dictionary page, perhaps, then data pages.
type finishedChunk struct {
	dictionary []byte
	data       []byte
	meta       format.ColumnMetaData // offsets still to be set
	pages      []pageEntry
	indexable  bool
}

// endChunk finishes the pages and begins a new chunk. The result is valid until the next write.
func (l *leafWriter) endChunk() (finishedChunk, error) {
	if err := l.endPage(); err != nil {
		return finishedChunk{}, err
	}
	dictionary, n, bounds := l.values.endChunk()
	c := finishedChunk{data: l.body, pages: l.pages, indexable: l.indexable}
	if n > 0 {
		if err := l.endDictionary(&c, dictionary, n); err != nil {
			return finishedChunk{}, err
		}
	}
	c.meta = format.ColumnMetaData{
		Type:                  l.physical,
		Encoding:              l.encodingList(n > 0),
		PathInSchema:          l.path,
		Codec:                 l.compressor.codec,
		NumValues:             l.chunkValues,
		TotalUncompressedSize: l.uncompressed,
		TotalCompressedSize:   int64(len(c.dictionary) + len(c.data)),
		Statistics:            statistics(bounds, l.chunkNulls),
		EncodingStats:         l.encodingStats(n > 0),
	}
	l.fileNulls += l.chunkNulls
	l.chunkRows, l.chunkValues, l.chunkNulls = 0, 0, 0
	l.body, l.pages, l.uncompressed, l.indexable = l.body[:0], l.pages[:0], 0, true
	clear(l.encodings)
	return c, nil
}

// endDictionary appends the dictionary page to the body and takes it off again: it goes before the
// data pages, but is known last.
func (l *leafWriter) endDictionary(c *finishedChunk, dictionary []byte, n int) error {
	end := len(l.body)
	err := l.appendPage(dictionary, format.PageHeader{
		Type:                 format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(n), Encoding: format.Plain}),
	})
	c.data, c.dictionary = l.body[:end], l.body[end:]
	return err
}

func (l *leafWriter) encodingList(dictionary bool) []format.Encoding {
	list := []format.Encoding{format.RLE}
	if dictionary || l.encodings[format.Plain] > 0 {
		list = append(list, format.Plain)
	}
	if dictionary {
		list = append(list, format.RLEDictionary)
	}
	return list
}

// encodingStats tell a reader whether all data pages use the dictionary, which then holds every value.
func (l *leafWriter) encodingStats(dictionary bool) []format.PageEncodingStats {
	var stats []format.PageEncodingStats
	if dictionary {
		stats = append(stats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1})
	}
	for _, encoding := range []format.Encoding{format.Plain, format.RLEDictionary} {
		if n := l.encodings[encoding]; n > 0 {
			stats = append(stats, format.PageEncodingStats{PageType: format.DataPage, Encoding: encoding, Count: n})
		}
	}
	return stats
}

// statistics leaves the bounds out where there is a NaN: some readers order it above all numbers,
// some leave it out, and neither may skip rows.
func statistics(b pageBounds, nulls int64) format.Statistics {
	s := format.Statistics{NullCount: nulls}
	if b.known && !b.nan {
		s.MinValue, s.MaxValue = b.min, b.max
	}
	return s
}
