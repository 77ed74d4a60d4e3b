package parquetio

import (
	"errors"
	"fmt"
	"io"
)

// A leafReader reads one column of a row group, some rows at a time.
type leafReader struct {
	node   *node
	number int         // of the column
	values valueReader // nil: only the levels are wanted
	keep   bool        // the levels are wanted, for the nodes above

	pages  *pageReader
	page   page
	left   int     // entries left in the page, without those in window
	window []uint8 // repetition levels read ahead, in the memory of ahead
	ahead  []uint8

	defs, reps []uint8 // of the rows read last, if they are kept
	scratch    []uint8
	filtered   []uint8
}

const (
	// windowSize is how many repetition levels are read ahead to find where rows end.
	windowSize = 4096
	// maxBatchLevels bounds the entries of one column in one batch: one row's list may claim billions.
	maxBatchLevels = 1 << 26
)

var errBatchLevels = errors.New("a batch holds more than 67 million list elements of one column")

// open begins a row group.
func (l *leafReader) open(in io.ReaderAt, c *columnChunk) error {
	var err error
	l.pages, err = newPageReader(in, c, l.node)
	l.left, l.window = 0, l.window[:0]
	return err
}

// read takes the next rows.
func (l *leafReader) read(rows int) error {
	l.defs, l.reps = l.defs[:0], l.reps[:0]
	if l.values != nil {
		l.values.begin(rows)
	}
	if l.node.rep > 0 {
		return l.readRepeated(rows)
	}
	for rows > 0 {
		if l.left == 0 {
			if err := l.nextPage(); err != nil {
				return noEOF(err)
			}
		}
		n := min(rows, l.left)
		if err := l.entries(n); err != nil {
			return err
		}
		l.left -= n
		rows -= n
	}
	return nil
}

// noEOF says what the end of a chunk means while rows are missing.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the column ends before its row group")
	}
	return err
}

// nextPage begins the next page that has entries.
func (l *leafReader) nextPage() error {
	for {
		p, err := l.pages.next(l.setDictionary)
		if err != nil {
			return err
		}
		if p.values == 0 {
			continue
		}
		l.page, l.left = p, p.values
		if l.values == nil {
			return nil
		}
		return l.values.setPage(p)
	}
}

func (l *leafReader) setDictionary(d dictionaryPage) error {
	if l.values == nil {
		return nil
	}
	return l.values.setDictionary(d)
}

// readRepeated reads entries until the row after the last wanted one begins, or the chunk ends.
func (l *leafReader) readRepeated(rows int) error {
	started := 0
	for {
		if len(l.window) == 0 {
			err := l.fillWindow()
			if errors.Is(err, io.EOF) && started == rows {
				return nil
			}
			if err != nil {
				return noEOF(err)
			}
		}
		n := 0
		for ; n < len(l.window); n++ {
			if l.window[n] == 0 {
				if started == rows {
					break
				}
				started++
			}
		}
		if started == 0 && n > 0 {
			return errors.New("the column begins in the middle of a row")
		}
		l.reps = append(l.reps, l.window[:n]...)
		if err := l.entries(n); err != nil {
			return err
		}
		l.window = l.window[n:]
		if len(l.window) > 0 {
			return nil
		}
		if len(l.reps) > maxBatchLevels {
			return errBatchLevels
		}
	}
}

// fillWindow reads the next repetition levels.
func (l *leafReader) fillWindow() error {
	if l.left == 0 {
		if err := l.nextPage(); err != nil {
			return err
		}
	}
	n := min(l.left, windowSize)
	l.ahead = grow(l.ahead, n)
	l.window = l.ahead
	if err := readHybrid(&l.page.reps, l.window); err != nil {
		return fmt.Errorf("repetition levels: %w", err)
	}
	for _, level := range l.window {
		if level > l.node.rep {
			return fmt.Errorf("repetition level %d, at most %d is possible", level, l.node.rep)
		}
	}
	l.left -= n
	return nil
}

// entries takes the definition levels and values of n entries of the page.
func (l *leafReader) entries(n int) error {
	full := l.node.def
	if full == 0 || l.page.defs.takeRun(n, uint32(full)) {
		if l.keep {
			l.defs = appendRepeated(l.defs, full, n)
		}
		return l.take(n, nil)
	}
	l.scratch = grow(l.scratch, n)
	if err := readHybrid(&l.page.defs, l.scratch); err != nil {
		return fmt.Errorf("definition levels: %w", err)
	}
	for _, level := range l.scratch {
		if level > full {
			return fmt.Errorf("definition level %d, at most %d is possible", level, full)
		}
	}
	if l.keep {
		l.defs = append(l.defs, l.scratch...)
	}
	slots := l.slots(l.scratch)
	return l.take(len(slots), slots)
}

// slots are the levels of the entries that stand for a value or a null of the leaf: not those
// of empty lists and of nulls further up.
func (l *leafReader) slots(defs []uint8) []uint8 {
	if l.node.slotDef == 0 {
		return defs
	}
	l.filtered = l.filtered[:0]
	for _, level := range defs {
		if level >= l.node.slotDef {
			l.filtered = append(l.filtered, level)
		}
	}
	return l.filtered
}

func (l *leafReader) take(n int, defs []uint8) error {
	if l.values == nil || n == 0 {
		return nil
	}
	return l.values.read(n, defs, l.node.def)
}
