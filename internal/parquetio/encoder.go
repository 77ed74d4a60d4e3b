package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
)

// A valueEncoder turns the non-null values of one column into pages. It knows nothing of levels.
//
// A chunk begins with a dictionary. The first page shows whether it pays, at times its first values: if not, the page is
// encoded plainly and so is the rest of the chunk. A dictionary that outgrows dictionaryBytes serves the
// pages it has, and the rest is plain.
type valueEncoder interface {
	// add appends the array's values at the given positions, nil for all of them; none is null.
	add(a arrow.Array, at []int32) error
	// pageSize estimates the bytes of the values added since the last endPage, plainly encoded.
	pageSize() int
	// bufferedSize estimates what the unfinished page and the dictionary will add to the file.
	bufferedSize() int
	// endPage appends the values to dst as the body of a page.
	endPage(dst []byte) (page []byte, encoding format.Encoding, bounds pageBounds)
	// endChunk gives the dictionary, plainly encoded, with the number of its values (0: no page uses
	// one) and the bounds of the chunk, and begins a new chunk.
	endChunk() (dictionary []byte, n int, bounds pageBounds)
	// fileBounds are the bounds of all chunks; nil is unknown.
	fileBounds() (low, high predicate.Value)
}

// dictionaryBytes is where a dictionary stops growing, as in parquet-mr.
const dictionaryBytes = 1 << 20

// dictionaryState says what becomes of the values that are added.
type dictionaryState uint8

const (
	dictionaryOnTrial dictionaryState = iota // the first page of the chunk
	dictionaryInUse
	dictionaryFull     // earlier pages use it, later ones do not
	dictionaryRejected // no page uses it
)

// growing reports whether new values get an index.
func (s dictionaryState) growing() bool { return s <= dictionaryInUse }

// used reports whether a page needs the dictionary.
func (s dictionaryState) used() bool { return s == dictionaryInUse || s == dictionaryFull }

// An indexedPage is what the fate of a dictionary is decided by.
type indexedPage struct {
	dictionary int // its size in bytes, plainly encoded
	entries    int // of the dictionary
	fresh      int // of which this page brought so many
	values     int // of the page
	plain      int // the size of the page in bytes, were it plain
}

// minRepeats is how often a value must occur on average for a dictionary that grows with every page.
const minRepeats = 4

// after is the state after a page. A dictionary that a later page still adds much to holds values
// that are nearly unique: looking them up costs more than it saves.
func (s dictionaryState) after(p indexedPage) dictionaryState {
	indexes := p.values * bitWidth(max(p.entries-1, 0)) / 8
	switch {
	case s == dictionaryOnTrial && p.dictionary+indexes >= p.plain:
		return dictionaryRejected
	case s == dictionaryInUse && p.fresh*minRepeats > p.values, p.dictionary >= dictionaryBytes:
		return dictionaryFull
	default:
		return dictionaryInUse
	}
}

// hopeless reports, before the first page of a chunk is full, that nearly every value is another one.
func (s dictionaryState) hopeless(entries, values int) bool {
	const enough = 4096
	return s == dictionaryOnTrial && values >= enough && entries > values-values/8
}

// appendIndexes encodes the body of a page of dictionary indexes: the bit width, then hybrid runs.
func appendIndexes(dst []byte, indexes []uint32, entries int) []byte {
	width := bitWidth(max(entries-1, 0))
	dst = append(dst, byte(width))
	return appendHybrid(dst, indexes, width)
}
