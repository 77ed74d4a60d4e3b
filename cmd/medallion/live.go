package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"lakehouse/medallion"
)

// liveView shows the progress of queries: on a terminal a line a query, rewritten as batches end; elsewhere a line a
// batch.
type liveView struct {
	mu      sync.Mutex
	out     io.Writer
	redraw  bool
	order   []string
	queries map[string]*layerView
	drawn   int // lines on the screen below the last event
}

type layerView struct {
	batches, files, rows, ms int64
}

func newLiveView(out io.Writer, terminal bool) *liveView {
	return &liveView{out: out, redraw: terminal, queries: map[string]*layerView{}}
}

// progress takes a report; the queries' goroutines call it.
func (v *liveView) progress(p medallion.StreamingQueryProgress) {
	if p.Name == nil || p.NumInputRows == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	l := v.queries[*p.Name]
	if l == nil {
		l = &layerView{}
		v.queries[*p.Name] = l
		v.order = append(v.order, *p.Name)
	}
	l.batches++
	l.rows += p.NumInputRows
	l.ms = p.BatchDuration
	files := filesRead(p)
	batchFiles := files - l.files
	l.files = files
	if !v.redraw {
		fmt.Fprintf(v.out, "  %-18s batch %d: %5d rows of %s in %3d ms\n", *p.Name, p.BatchID, p.NumInputRows, count(batchFiles, "file"), p.BatchDuration)
		return
	}
	v.draw()
}

// filesRead is how many files the query has read in this run.
func filesRead(p medallion.StreamingQueryProgress) (files int64) {
	for _, s := range p.Sources {
		n, err := strconv.ParseInt(s.Metrics[medallion.MetricFilesRead], 10, 64)
		if err == nil { // else the source has no files
			files += n
		}
	}
	return files
}

// event prints a line that stays.
func (v *liveView) event(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
	fmt.Fprintf(v.out, format+"\n", args...)
	if v.redraw {
		v.draw()
	}
}

// close leaves the last picture on the screen.
func (v *liveView) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drawn = 0
}

func (v *liveView) draw() {
	v.erase()
	for _, name := range v.order {
		l := v.queries[name]
		bar := strings.Repeat("█", int(min(30, 1+l.rows/150)))
		fmt.Fprintf(v.out, "  %-18s %3d batches %4d files %6d rows  last %3d ms  \x1b[36m%s\x1b[0m\n", name, l.batches, l.files, l.rows, l.ms, bar)
	}
	v.drawn = len(v.order)
}

func (v *liveView) erase() {
	if v.drawn > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}
