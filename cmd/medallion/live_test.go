package main

import (
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/stream"
	"lakehouse/medallion"
)

// reported is the progress of a batch of a query, files being those of its run.
func reported(name string, batch, rows int64, files int) medallion.StreamingQueryProgress {
	p := medallion.StreamingQueryProgress{Name: &name, BatchID: batch, NumInputRows: rows, BatchDuration: 7}
	p.Sources = append(p.Sources, stream.SourceProgress{Metrics: map[string]string{medallion.MetricFilesRead: fmt.Sprint(files)}})
	return p
}

// Without a terminal the view is a line a batch, which counts the batch's files, not those so far.
func TestLiveViewWithoutATerminal(t *testing.T) {
	var out strings.Builder
	v := newLiveView(&out, 0)
	v.event("a.json lands")
	v.progress(reported("bronze", 0, 501, 2))
	v.progress(reported("bronze", 1, 0, 2)) // nothing to tell
	v.progress(reported("bronze", 2, 10, 3))
	v.close()
	want := "a.json lands\n" +
		"  bronze             batch 0:   501 rows of 2 files in   7 ms\n" +
		"  bronze             batch 2:    10 rows of 1 file in   7 ms\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}

// A file in which something was wrong is told of, also where nothing of it became a row.
func TestLiveViewTellsOfFaultyFiles(t *testing.T) {
	for _, width := range []int{0, 80} {
		var out strings.Builder
		v := newLiveView(&out, width)
		p := reported("bronze", 0, 0, 1)
		p.Sources[0].Files = []stream.FileProgress{{Path: "file:///good.json", Read: 1}, {Path: "file:///bad.json", Read: 3, Dropped: 3}}
		v.progress(p)
		want := "  bronze             batch 0: file:///bad.json: 3 records, 0 corrupt, 3 dropped\n"
		if strings.Count(out.String(), want) != 1 || strings.Contains(out.String(), "good.json") {
			t.Errorf("width %d: got\n%swant\n%s", width, &out, want)
		}
	}
}

// On a terminal each layer keeps one line, which never wraps, however narrow the terminal is.
func TestLiveViewKeepsALineALayer(t *testing.T) {
	for _, width := range []int{200, 80, 71, 40, 2} {
		var out strings.Builder
		v := newLiveView(&out, width)
		v.progress(reported("bronze", 0, 501, 1))
		v.progress(reported("silver", 0, 1_000_000, 12))
		v.event("an event")
		screen := rendered(out.String())
		if len(screen) != 3 || screen[0] != "an event" {
			t.Errorf("width %d: %q", width, screen)
		}
		for _, line := range screen[1:] {
			if n := len([]rune(line)); n >= width {
				t.Errorf("width %d: %q has %d columns", width, line, n)
			}
		}
		if width >= 80 && (!strings.Contains(screen[2], "12 files 1000000 rows") || !strings.HasSuffix(screen[2], "█")) {
			t.Errorf("width %d: %q", width, screen[2])
		}
	}
}

// rendered is what a terminal shows: "up n lines and erase" is obeyed, colours are not.
func rendered(out string) []string {
	var lines []string
	for line := range strings.Lines(out) {
		for strings.HasPrefix(line, "\x1b[") {
			var up int
			if n, err := fmt.Sscanf(line, "\x1b[%dA\x1b[J", &up); err != nil || n != 1 {
				break
			}
			lines = lines[:len(lines)-up]
			line = line[strings.Index(line, "\x1b[J")+len("\x1b[J"):]
		}
		line = strings.NewReplacer("\x1b[36m", "", "\x1b[0m", "", "\n", "").Replace(line)
		lines = append(lines, line)
	}
	return lines
}
