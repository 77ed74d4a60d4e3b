package medallion

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// arrivals counts the rows that a stream of Auto Loader reports.
type arrivals struct {
	*cloud
	q    *StreamingQuery
	rows chan int64
}

func (c *cloud) startArrivals() *arrivals {
	c.Helper()
	a := &arrivals{cloud: c, rows: make(chan int64, 1000)}
	c.report = func(p StreamingQueryProgress) {
		if p.NumInputRows > 0 {
			a.rows <- p.NumInputRows
		}
	}
	frame, err := c.load()
	if err != nil {
		c.Fatal(err)
	}
	a.q, err = frame.WriteStream().Option("checkpointLocation", cloudVolume+"/cp").Option("mergeSchema", "true").ToTable(c.Context(), "bronze")
	if err != nil {
		c.Fatal(err)
	}
	return a
}

// await waits until so many more rows have been read.
func (a *arrivals) await(n int64) {
	a.Helper()
	for timeout := time.After(20 * time.Second); n > 0; {
		select {
		case more := <-a.rows:
			n -= more
		case <-timeout:
			a.Fatalf("%d rows are missing; %v", n, a.q.Exception())
		}
	}
}

// A stream that is told of its files reads each once, however it came, at once.
func TestNotificationsTellOfEveryFile(t *testing.T) {
	c := newCloud(t, "cloudFiles.useNotifications", "true", "cloudFiles.backfillInterval", "365 days")
	c.land("0.json", `{"n":0}`+"\n")
	a := c.startArrivals()
	defer a.q.Stop()
	await := a.await
	await(1)
	in := filepath.Join(c.root, cloudIn)
	total := 1
	var took []time.Duration
	each := func(what string, land func(name, text string)) {
		t.Helper()
		took = nil
		for range 15 {
			name := strconv.Itoa(total) + ".json"
			start := time.Now()
			land(name, fmt.Sprintf(`{"n":%d}`, total)+"\n")
			await(1)
			took = append(took, time.Since(start))
			total++
		}
		slices.Sort(took)
		t.Logf("%s: median %v, longest %v", what, took[len(took)/2], took[len(took)-1])
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	each("written and closed", func(name, text string) { must(os.WriteFile(filepath.Join(in, name), []byte(text), 0o644)) })
	each("moved in", func(name, text string) {
		must(os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o644))
		must(os.Rename(filepath.Join(c.root, name), filepath.Join(in, name)))
	})
	each("linked", func(name, text string) {
		must(os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o644))
		must(os.Link(filepath.Join(c.root, name), filepath.Join(in, name)))
		must(os.Remove(filepath.Join(c.root, name)))
	})
	each("put by the store", c.land)
	each("renamed in the folder", func(name, text string) {
		must(os.WriteFile(filepath.Join(in, "."+name), []byte(text), 0o644))
		must(os.Rename(filepath.Join(in, "."+name), filepath.Join(in, name)))
	})

	// a file that is being written is not read before it is closed
	slow, err := os.Create(filepath.Join(in, "slow.json"))
	must(err)
	for i := range 20 {
		_, err := fmt.Fprintf(slow, `{"n":%d}`+"\n", 1000+i)
		must(err)
	}
	select {
	case <-a.rows:
		t.Error("a file that was not closed was read")
	case <-time.After(30 * time.Millisecond):
	}
	must(slow.Close())
	await(20)
	c.wantRows("SELECT count(*), count(DISTINCT n) FROM bronze", fmt.Sprintf("[%d, %[1]d]", total+20))
}

// Folders that come while the stream watches are watched too, with what is in them already.
func TestNotificationsFollowNewFolders(t *testing.T) {
	c := newCloud(t, "cloudFiles.useNotifications", "true", "cloudFiles.backfillInterval", "365 days", "cloudFiles.schemaHints", "n int", "recursiveFileLookup", "true")
	a := c.startArrivals()
	defer a.q.Stop()
	in := filepath.Join(c.root, cloudIn)
	n := 0
	for _, dir := range []string{"a", "a/b", "c/d/e", ".hidden", "a/b/f"} {
		if err := os.MkdirAll(filepath.Join(in, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := os.WriteFile(filepath.Join(in, dir, strconv.Itoa(i)), fmt.Appendf(nil, `{"n":%d}`, n), 0o644); err != nil {
				t.Fatal(err)
			}
			if dir != ".hidden" {
				n++
			}
		}
	}
	outside := filepath.Join(c.root, "outside")
	for _, dir := range []string{"g", "g/h"} {
		if err := os.MkdirAll(filepath.Join(outside, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(outside, dir, "x"), fmt.Appendf(nil, `{"n":%d}`, n), 0o644); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if err := os.Rename(outside, filepath.Join(in, "moved")); err != nil {
		t.Fatal(err)
	}
	a.await(int64(n))
	c.wantRows("SELECT count(*), count(DISTINCT n) FROM bronze", fmt.Sprintf("[%d, %[1]d]", n))
}
