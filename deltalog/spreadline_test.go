package deltalog

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// laidOut spreads the lines of a log for reading.
func laidOut(t *testing.T, lines string) string {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(lines) {
		if err := json.Indent(&out, []byte(line), "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// A commitInfo that takes many lines is found.
func TestHistoryOfALogLaidOutForReading(t *testing.T) {
	store := logOf(t, map[string]string{"00000000000000000000.json": laidOut(t, first(`{"commitInfo":{"timestamp":5,"operation":"WRITE"}}`, plainProtocol, plainMetadata))})
	entries, err := Open(store, Options{}).History(t.Context(), 0)
	if err != nil || len(entries) != 1 || entries[0].Operation != "WRITE" {
		t.Errorf("%+v, %v", entries, err)
	}
}
