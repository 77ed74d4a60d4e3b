package exec

import (
	"bytes"
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
)

// sortAll sorts every run, all at once.
func sortAll(runs []*sortRun) error {
	var all errgroup.Group
	for _, r := range runs {
		all.Go(func() error {
			return batch.Guard(func() error {
				r.sort()
				return nil
			})
		})
	}
	return all.Wait()
}

// emit gives the rows of sorted runs in order.
func (s *sorter) emit(runs []*sortRun, yield func(arrow.RecordBatch, error) bool) error {
	var batches []arrow.RecordBatch
	merge := &runMerge{}
	for _, r := range runs {
		if len(r.entries) > 0 {
			merge.add(r)
			batches = append(batches, r.batches...)
		}
	}
	if len(batches) == 0 {
		return nil
	}
	all, err := concatBatches(s.Schema(), batches)
	if err != nil {
		return err
	}
	wanted := all.NumRows()
	if s.limit >= 0 {
		wanted = min(wanted, s.limit)
	}
	rows := make([]int32, 0, batch.TargetRows)
	for wanted > 0 {
		rows = rows[:0]
		for range min(wanted, batch.TargetRows) {
			rows = append(rows, merge.next())
		}
		wanted -= int64(len(rows))
		if !yield(takeRows(all, rows), nil) {
			return nil
		}
	}
	return nil
}

// A runMerge walks sorted runs in step. There are as many as workers: few enough to look at all.
type runMerge struct {
	runs  []*sortRun
	at    []int   // the next entry of each run
	first []int32 // the position of each run's first row among all rows
	rows  int32
}

func (m *runMerge) add(r *sortRun) {
	m.runs = append(m.runs, r)
	m.at = append(m.at, 0)
	m.first = append(m.first, m.rows)
	m.rows += int32(r.rows)
}

// next is the position of the next row in order.
func (m *runMerge) next() int32 {
	best := 0
	for i := 1; i < len(m.runs); i++ {
		if m.before(i, best) {
			best = i
		}
	}
	row := m.first[best] + int32(m.runs[best].entries[m.at[best]].row)
	if m.at[best]++; m.at[best] == len(m.runs[best].entries) {
		m.drop(best)
	}
	return row
}

func (m *runMerge) before(i, j int) bool {
	a, b := m.runs[i].entries[m.at[i]], m.runs[j].entries[m.at[j]]
	if a.prefix != b.prefix {
		return cmp.Less(a.prefix, b.prefix)
	}
	return bytes.Compare(m.runs[i].key(a.row), m.runs[j].key(b.row)) < 0
}

// drop forgets a run whose rows are all out.
func (m *runMerge) drop(i int) {
	m.runs = append(m.runs[:i], m.runs[i+1:]...)
	m.at = append(m.at[:i], m.at[i+1:]...)
	m.first = append(m.first[:i], m.first[i+1:]...)
}
