package autoloader

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A file is one that a listing found and no batch holds.
type file struct {
	key      string // in the source's store
	size     int64
	modified int64 // milliseconds since the epoch
	found    int64 // likewise: when it was listed; 0: not noted
}

// oldestFirst is the order in which files are read.
func oldestFirst(a, b file) int {
	return cmp.Or(cmp.Compare(a.modified, b.modified), strings.Compare(a.key, b.key))
}

func newestFirst(a, b file) int { return oldestFirst(b, a) }

// A limit bounds one batch. Zero values do not bound it.
type limit struct {
	files int64
	bytes int64
	soft  bool // the file that crosses bytes still belongs to the batch
}

func (l limit) none() bool { return l.files == 0 && l.bytes == 0 }

// cut says how many of the files, in their order, one batch takes: always one if there is one.
func (l limit) cut(files []file) int {
	var total int64
	for i, f := range files {
		if i > 0 && l.files > 0 && int64(i) >= l.files {
			return i
		}
		reached := total + f.size
		if l.soft {
			reached = total + 1
		}
		if i > 0 && l.bytes > 0 && reached > l.bytes {
			return i
		}
		total += f.size
	}
	return len(files)
}

// worthKeeping tells whether a rest is large enough a part of a batch not to be listed anew.
func (l limit) worthKeeping(rest []file, ratio float64) bool {
	if len(rest) == 0 {
		return false
	}
	if l.files > 0 && float64(len(rest)) < float64(l.files)*ratio {
		return false
	}
	return l.bytes == 0 || float64(bytesOf(rest)) >= float64(l.bytes)*ratio
}

func bytesOf(files []file) (total int64) {
	for _, f := range files {
		total += f.size
	}
	return total
}

// gather keeps the first n files of the order, sorted; all of them when n is 0. It also counts
// what it was given. It holds at most 2n at a time: a folder may have millions.
func gather(found iter.Seq2[file, error], n int, order func(a, b file) int) (first []file, count, size int64, err error) {
	for f, err := range found {
		if err != nil {
			return nil, 0, 0, err
		}
		count++
		size += f.size
		first = append(first, f)
		if n > 0 && len(first) >= 2*n {
			first = sortOnce(first, order)
			first = first[:min(n, len(first))]
		}
	}
	first = sortOnce(first, order)
	if n > 0 && len(first) > n {
		first = slices.Clone(first[:n])
	}
	return first, count, size, nil
}

// sortOnce sorts files, each once: some listings tell of a file twice, that of a folder that changes meanwhile for one.
func sortOnce(files []file, order func(a, b file) int) []file {
	slices.SortFunc(files, order)
	return slices.CompactFunc(files, func(a, b file) bool { return a.key == b.key })
}
