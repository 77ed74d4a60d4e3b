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
	width   int // of the terminal; 0: there is none
	order   []string
	queries map[string]*layerView
	drawn   int // lines on the screen below the last event
}

type layerView struct {
	batches, files, rows, ms int64
}

// newLiveView makes a view for a terminal so wide, or, where the width is 0, for no terminal.
func newLiveView(out io.Writer, width int) *liveView {
	return &liveView{out: out, width: width, queries: map[string]*layerView{}}
}

// progress takes a report, and tells of each file in which something was wrong; the queries' goroutines call it.
func (v *liveView) progress(p medallion.StreamingQueryProgress) {
	faulty := p.Faulty()
	if p.Name == nil || p.NumInputRows == 0 && len(faulty) == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erase()
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
	if v.width == 0 {
		fmt.Fprintf(v.out, "  %-18s batch %d: %5d rows of %s in %3d ms\n", *p.Name, p.BatchID, p.NumInputRows, count(batchFiles, "file"), p.BatchDuration)
	}
	for _, f := range faulty {
		fmt.Fprintf(v.out, "  %-18s batch %d: %s\n", *p.Name, p.BatchID, f)
	}
	if v.width > 0 {
		v.draw()
	}
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
	if v.width > 0 {
		v.draw()
	}
}

// close leaves the last picture on the screen.
func (v *liveView) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drawn = 0
}

// barAt is the column where a layer's bar begins. A line must not wrap: it is one line to erase.
const (
	barAt   = 70
	longest = 30
)

func (v *liveView) draw() {
	v.erase()
	var most int64 = 1
	for _, l := range v.queries {
		most = max(most, l.rows)
	}
	room := int64(max(0, min(longest, v.width-barAt-1)))
	for _, name := range v.order {
		l := v.queries[name]
		line := fmt.Sprintf("  %-18s %3d batches %4d files %6d rows  last %3d ms", name, l.batches, l.files, l.rows, l.ms)
		line = line[:min(len(line), v.width-1)]
		fmt.Fprintf(v.out, "%-*s\x1b[36m%s\x1b[0m\n", min(barAt, v.width-1), line, strings.Repeat("█", int(room*l.rows/most)))
	}
	v.drawn = len(v.order)
}

func (v *liveView) erase() {
	if v.drawn > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}
