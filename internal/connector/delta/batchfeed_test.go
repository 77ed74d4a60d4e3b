package delta

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// What versions have changed can be read at rest: all of them, or those between two.
func TestChangesAtRest(t *testing.T) {
	l := newLake(t)
	l.create("n long", nil, map[string]string{"delta.enableChangeDataFeed": "true"})
	l.write("n long", `{"n":1}`)
	l.write("n long", `{"n":2}`)
	opts := l.options(nil)
	opts.Overwrite = true
	if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":3}`), opts); err != nil {
		t.Fatal(err)
	}
	read := func(options map[string]string) (string, error) {
		given := map[string]string{"readChangeFeed": "true"}
		maps.Copy(given, options)
		parsed, err := ParseReadOptions(given, false)
		if err != nil {
			return "", err
		}
		source, err := NewSource(t.Context(), l.table, parsed)
		if err != nil {
			return "", err
		}
		rows, err := scanned(t.Context(), source, logical.ScanOptions{Columns: []string{"n", "_change_type", "_commit_version"}})
		return strings.NewReplacer(`{"n":`, "", `,"_change_type":"`, " ", `","_commit_version":`, " v", "}", ";").Replace(rows), err
	}
	for _, test := range []struct {
		options map[string]string
		want    string
		err     errclass.Class
	}{
		{options: map[string]string{"startingVersion": "0"}, want: "1 delete v3; 1 insert v1; 2 delete v3; 2 insert v2; 3 insert v3;"},
		{options: map[string]string{"startingVersion": "1", "endingVersion": "2"}, want: "1 insert v1; 2 insert v2;"},
		{options: map[string]string{"startingTimestamp": "2001-01-01", "endingVersion": "1"}, want: "1 insert v1;"},
		{options: map[string]string{"startingVersion": "2", "endingTimestamp": "2999-01-01"}, err: errclass.DeltaTimestampAfterLatest},
		{options: map[string]string{"startingVersion": "2", "endingVersion": "1"}, err: errclass.DeltaInvalidChangeRange},
		{options: map[string]string{"startingVersion": "9"}, err: errclass.DeltaStartAfterLatest},
		{err: errclass.InvalidOption},
		{options: map[string]string{"startingVersion": "0", "versionAsOf": "1"}, err: errclass.InvalidOption},
		{options: map[string]string{"readChangeFeed": "false", "endingVersion": "1"}, err: errclass.InvalidOption},
	} {
		got, err := read(test.options)
		if test.err == "" && err != nil || test.err != "" && !errors.Is(err, test.err) || got != test.want {
			t.Errorf("%v: got %q, %v, want %q %s", test.options, got, err, test.want, test.err)
		}
	}
}
