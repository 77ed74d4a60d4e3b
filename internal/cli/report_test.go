package cli

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/batch"
)

// A mistake of the user is a line; a fault of the engine also says where it was, to be reported.
func TestReportTellsWhereTheEngineFailed(t *testing.T) {
	var plain, fault strings.Builder
	Report(&plain, "bronze", errors.New("no such file"))
	if plain.String() != "bronze: no such file\n" {
		t.Errorf("got %q", &plain)
	}
	Report(&fault, "bronze", batch.Guard(func() error { panic("index out of range") }))
	if !strings.Contains(fault.String(), "INTERNAL_ERROR") || !strings.Contains(fault.String(), "report_test.go") {
		t.Errorf("got %q", &fault)
	}
}
