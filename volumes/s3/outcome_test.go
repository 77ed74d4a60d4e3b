package s3_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// A put whose answers are all lost says that its outcome is not known, and never that the name was taken.
func TestUnknownOutcomeIsNoConflict(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "lake", func(o *s3.Options) { o.Attempts = 2 })
	if err := store.PutIfAbsent(t.Context(), "first", nil); err != nil { // the probe is made
		t.Fatal(err)
	}
	server.Fail(func(s3test.Request) s3test.Fault { return s3test.Fault{Before: true} })
	err := store.PutIfAbsent(t.Context(), "a", []byte("text"))
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

// The cells of what may become of a put that must be made once: it is done or not, the answer comes or says something else, and a rival
// may come first or between. There is one winner, it is told so, and what is there is its.
func TestEveryOutcomeOfPutIfAbsentIsKnown(t *testing.T) {
	answers := map[string]s3test.Fault{
		"ok": {}, "lost": {}, "412": {Status: http.StatusPreconditionFailed, Code: "PreconditionFailed"},
		"409": {Status: http.StatusConflict, Code: "ConditionalRequestConflict"}, "503": {Status: 503, Code: "SlowDown"}, "timeout": {Stall: true},
	}
	cells := 0
	for name, answer := range answers {
		for _, applied := range []bool{true, false} {
			for _, rival := range []bool{true, false} {
				if name == "ok" && !applied {
					continue // no server says so
				}
				cells++
				t.Run(fmt.Sprintf("%s applied=%v rival=%v", name, applied, rival), func(t *testing.T) {
					t.Parallel()
					testOutcome(t, name, answer, applied, rival)
				})
			}
		}
	}
	if cells != 22 {
		t.Fatalf("%d cells", cells)
	}
}

func testOutcome(t *testing.T, name string, answer s3test.Fault, applied, rival bool) {
	server := s3test.New(t)
	store := open(t, server, "lake", func(o *s3.Options) {
		if answer.Stall {
			o.Timeout = 2 * time.Second
		}
	})
	if err := store.PutIfAbsent(t.Context(), "first", nil); err != nil {
		t.Fatal(err)
	}
	other := open(t, server, "lake", nil)
	if err := other.PutIfAbsent(t.Context(), "second", nil); err != nil {
		t.Fatal(err)
	}
	server.Forget()
	fired, theirs := false, error(nil)
	server.Fail(func(r s3test.Request) s3test.Fault {
		if r.Op != "PutObject" || r.Key != "lake/v1" || fired {
			return s3test.Fault{}
		}
		fired = true
		if rival && !applied { // it comes between the two attempts
			theirs = other.PutIfAbsent(t.Context(), "v1", []byte("theirs"))
		}
		fault := answer
		if name != "ok" {
			fault.Before, fault.After = !applied, applied
		}
		if fault.Stall && applied { // it is done, and then nothing comes
			fault.Stall = false
		}
		return fault
	})
	ours := store.PutIfAbsent(t.Context(), "v1", []byte("ours"))
	if rival && applied {
		theirs = other.PutIfAbsent(t.Context(), "v1", []byte("theirs"))
	}
	server.Fail(nil)
	data, err := volumes.ReadFile(t.Context(), store, "v1")
	if errors.Is(err, fs.ErrNotExist) && ours != nil && !errors.Is(ours, fs.ErrExist) {
		return // refused for a reason that was none: nothing is there, and nobody was told that it is
	}
	if err != nil {
		t.Fatal(err)
	}
	winner := "ours"
	if rival && !applied {
		winner = "theirs"
	}
	if string(data) != winner {
		t.Fatalf("there is %q, want %q", data, winner)
	}
	if won := ours == nil; won != (winner == "ours") || !won && !errors.Is(ours, fs.ErrExist) {
		t.Errorf("ours: %v, and there is %q", ours, data)
	}
	if won := theirs == nil; rival && won != (winner == "theirs") {
		t.Errorf("theirs: %v, and there is %q", theirs, data)
	}
}
