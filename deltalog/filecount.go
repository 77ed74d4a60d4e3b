package deltalog

import "slices"

// fileCount counts the live files, where it is known, and says how large they are.
type fileCount struct {
	known  bool
	number int64
	bytes  int64

	// The rest is of checksum files; known only where they told it, or from the table's beginning on.
	detailed       bool
	sizes          fileSizes
	deletedRecords int64 // by deletion vectors
	vectors        int64
	deletedCounts  [deletedBins]int64
}

// fileSizes is how many files there are of each size, and how many bytes they have together.
type fileSizes struct {
	counts, bytes [sizeBins]int64
}

// noFiles is the count of an empty table.
func noFiles() fileCount { return fileCount{known: true, detailed: true} }

// A fileChange is what the actions of a version do to the count.
type fileChange struct {
	sum               fileCount // below nothing, where more goes than comes
	removes           int
	rearranged, vague bool // an add that changes no data; a remove without a size
}

func (c *fileChange) add(file *AddFile) {
	c.sum.detailed = true
	c.sum.add(file.Size, file.DeletionVector, 1)
	c.rearranged = c.rearranged || !file.DataChange
}

func (c *fileChange) remove(file *RemoveFile) {
	c.sum.detailed = true
	c.sum.add(file.Size, file.DeletionVector, -1)
	c.removes++
	c.vague = c.vague || !file.ExtendedFileMetadata
}

// apply counts on from one version to the next. It gives up where the actions do not tell: a remove
// without a size, or an add that may replace one of the same file.
func (c fileCount) apply(by *fileChange) fileCount {
	if !c.known || by.vague || by.rearranged && by.removes == 0 {
		return fileCount{}
	}
	c.number += by.sum.number
	c.bytes += by.sum.bytes
	if c.number < 0 || c.bytes < 0 {
		return fileCount{}
	}
	if c.detailed && by.sum.detailed {
		c.addDetails(&by.sum)
		c.detailed = c.consistent()
	}
	return c
}

func (c *fileCount) addDetails(of *fileCount) {
	for i := range c.sizes.counts {
		c.sizes.counts[i] += of.sizes.counts[i]
		c.sizes.bytes[i] += of.sizes.bytes[i]
	}
	for i := range c.deletedCounts {
		c.deletedCounts[i] += of.deletedCounts[i]
	}
	c.vectors += of.vectors
	c.deletedRecords += of.deletedRecords
}

// add counts so many files of that size and vector; fewer than none to take them off again.
func (c *fileCount) add(size int64, vector *DeletionVector, files int64) {
	c.number += files
	c.bytes += files * size
	if !c.detailed {
		return
	}
	bin := binOf(sizeBoundaries[:], size)
	c.sizes.counts[bin] += files
	c.sizes.bytes[bin] += files * size
	deleted := int64(0)
	if vector != nil {
		deleted = max(vector.Cardinality, 0)
		c.vectors += files
		c.deletedRecords += files * deleted
	}
	c.deletedCounts[binOf(deletedBoundaries[:], deleted)] += files
}

// consistent reports whether nothing has fallen below none.
func (c *fileCount) consistent() bool {
	negative := func(n int64) bool { return n < 0 }
	return c.vectors >= 0 && c.deletedRecords >= 0 && !slices.ContainsFunc(c.sizes.counts[:], negative) &&
		!slices.ContainsFunc(c.sizes.bytes[:], negative) && !slices.ContainsFunc(c.deletedCounts[:], negative)
}

// binOf is the last bin that does not begin above the number.
func binOf(boundaries []int64, n int64) int {
	at, found := slices.BinarySearch(boundaries, n)
	if found {
		return at
	}
	return max(at-1, 0)
}

const (
	sizeBins    = 95
	deletedBins = 10

	kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
)

// sizeBoundaries are the bins of Delta on Spark.
var sizeBoundaries = [sizeBins]int64{
	0, 8 * kib, 16 * kib, 32 * kib, 64 * kib, 128 * kib, 256 * kib, 512 * kib, 1 * mib, 2 * mib, 4 * mib, 8 * mib, 12 * mib, 16 * mib,
	20 * mib, 24 * mib, 28 * mib, 32 * mib, 36 * mib, 40 * mib, 48 * mib, 56 * mib, 64 * mib, 72 * mib, 80 * mib, 88 * mib, 96 * mib,
	104 * mib, 112 * mib, 120 * mib, 124 * mib, 128 * mib, 132 * mib, 136 * mib, 140 * mib, 144 * mib, 160 * mib, 176 * mib, 192 * mib,
	208 * mib, 224 * mib, 240 * mib, 256 * mib, 272 * mib, 288 * mib, 304 * mib, 320 * mib, 336 * mib, 352 * mib, 368 * mib, 384 * mib,
	400 * mib, 416 * mib, 432 * mib, 448 * mib, 464 * mib, 480 * mib, 496 * mib, 512 * mib, 528 * mib, 544 * mib, 560 * mib, 576 * mib,
	640 * mib, 704 * mib, 768 * mib, 832 * mib, 896 * mib, 960 * mib, 1024 * mib, 1088 * mib, 1152 * mib, 1216 * mib, 1280 * mib,
	1344 * mib, 1408 * mib, 1536 * mib, 1664 * mib, 1792 * mib, 1920 * mib, 2048 * mib, 2304 * mib, 2560 * mib, 2816 * mib, 3072 * mib,
	3328 * mib, 3584 * mib, 3840 * mib, 4 * gib, 8 * gib, 16 * gib, 32 * gib, 64 * gib, 128 * gib, 256 * gib,
}

// deletedBoundaries are the specification's bins of how many rows of a file are deleted.
var deletedBoundaries = [deletedBins]int64{0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 1<<31 - 1}
