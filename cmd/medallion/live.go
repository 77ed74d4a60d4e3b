package main

import (
	"fmt"
	"io"
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
	batches, rows, ms int64
	sink              string
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
		l = &layerView{sink: p.Sink.Description}
		v.queries[*p.Name] = l
		v.order = append(v.order, *p.Name)
	}
	l.batches++
	l.rows += p.NumInputRows
	l.ms = p.BatchDuration
	if !v.redraw {
		fmt.Fprintf(v.out, "  %-18s batch %d: %5d rows in %3d ms\n", *p.Name, p.BatchID, p.NumInputRows, p.BatchDuration)
		return
	}
	v.draw()
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
		fmt.Fprintf(v.out, "  %-18s %3d batches %6d rows  last %3d ms  \x1b[36m%s\x1b[0m\n", name, l.batches, l.rows, l.ms, bar)
	}
	v.drawn = len(v.order)
}

func (v *liveView) erase() {
	if v.drawn > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}
