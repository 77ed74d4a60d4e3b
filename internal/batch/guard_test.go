package batch

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
)

func TestGuardTellsOneLine(t *testing.T) {
	err := Guard(func() error { panic("first\nsecond" + strings.Repeat("x", 1000)) })
	if !errors.Is(err, errclass.InternalError) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "first") {
		t.Errorf("got %v", err)
	}
	if fault := (*Fault)(nil); !errors.As(err, &fault) || !strings.Contains(string(fault.Stack), "TestGuardTellsOneLine") {
		t.Error("the stack does not say where")
	}
	want := errors.New("plain")
	if err := Guard(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("an error became %v", err)
	}
}

func breaksAfter(n int) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for range n {
			if !yield(nil, nil) {
				break
			}
		}
		panic("the producer")
	}
}

// The producer's panic comes as the last element; who has stopped hears nothing of it.
func TestGuardedEndsWithThePanic(t *testing.T) {
	var got []error
	for _, err := range Guarded(breaksAfter(2)) {
		got = append(got, err)
	}
	if len(got) != 3 || got[0] != nil || !errors.Is(got[2], errclass.InternalError) {
		t.Errorf("got %v", got)
	}
	for _, err := range Guarded(breaksAfter(2)) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

// What the walker's own loop panics with is not the producer's fault, and is not swallowed.
func TestGuardedLeavesTheWalkersPanic(t *testing.T) {
	defer func() {
		if p := recover(); p != "the walker" {
			t.Errorf("recovered %v", p)
		}
	}()
	for _, err := range Guarded(Guarded(breaksAfter(2))) {
		if err == nil {
			panic("the walker")
		}
	}
}
