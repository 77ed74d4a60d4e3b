package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lakehouse/internal/realdata"
)

// What Spark reported reads into a Progress and comes out again: every field by its name, in Spark's order, with its
// value.
func TestProgressHasSparksFieldsInSparksOrder(t *testing.T) {
	reports := sparksReports(t, "sales/expected/progress_step1.json", "sales/expected/progress_all.json", "events/expected/progress.json")
	if len(reports) < 17 {
		t.Fatalf("only %d reports were found", len(reports))
	}
	for _, report := range reports {
		var p Progress
		decoder := json.NewDecoder(bytes.NewReader(report))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("%v in %s", err, report)
		}
		got, want := tokens(t, []byte(p.JSON())), tokens(t, report)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

// sparksReports gives the reports in files, however deep they lie there.
func sparksReports(t *testing.T, files ...string) []json.RawMessage {
	t.Helper()
	var reports []json.RawMessage
	for _, file := range files {
		data, err := os.ReadFile(realdata.Path(t, append([]string{"programs"}, strings.Split(file, "/")...)...))
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, reportsIn(data)...)
	}
	return reports
}

func reportsIn(data json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err == nil {
		return flatten(list)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil
	}
	if fields["batchId"] != nil && fields["sources"] != nil {
		return []json.RawMessage{data}
	}
	return flatten(slices.Collect(maps.Values(fields)))
}

func flatten(list []json.RawMessage) []json.RawMessage {
	var all []json.RawMessage
	for _, element := range list {
		all = append(all, reportsIn(element)...)
	}
	return all
}

// tokens is a JSON text without its blanks: braces, names and values in their order.
func tokens(t *testing.T, text []byte) []json.Token {
	t.Helper()
	var all []json.Token
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		all = append(all, token)
	}
}

// What is unknown is null, what is not a number is left out, and lists are never null.
func TestProgressOfAnIdleQuery(t *testing.T) {
	p := Progress{
		ID: "i", RunID: "r", Timestamp: "2026-11-21T08:17:00.177Z", BatchID: 3, DurationMs: map[string]int64{"latestOffset": 2},
		StateOperators: stateProgress(nil), Sources: []SourceProgress{{Description: "FileStreamSource[file:/a&b]", StartOffset: Offset(`{"logOffset":2}`)}},
		Sink: SinkProgress{Description: "DeltaSink[file:/t]", NumOutputRows: -1},
	}
	want := `{
 "id": "i",
 "runId": "r",
 "name": null,
 "timestamp": "2026-11-21T08:17:00.177Z",
 "batchId": 3,
 "batchDuration": 0,
 "numInputRows": 0,
 "durationMs": {
  "latestOffset": 2
 },
 "stateOperators": [],
 "sources": [
  {
   "description": "FileStreamSource[file:/a&b]",
   "startOffset": {
    "logOffset": 2
   },
   "endOffset": null,
   "latestOffset": null,
   "numInputRows": 0
  }
 ],
 "sink": {
  "description": "DeltaSink[file:/t]",
  "numOutputRows": -1
 }
}`
	if got := p.JSON(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRate(t *testing.T) {
	number := func(f float64) *float64 { return &f }
	tests := []struct {
		name string
		rows int64
		over time.Duration
		want *float64
	}{
		{"rows a second", 12, 6853 * time.Millisecond, number(1.7510579308332117)}, // Spark's figures
		{"no rows", 0, time.Second, number(0)},
		{"of the first round", 12, forever, number(0)},
		{"in no time", 12, 0, nil},
		{"by a clock that went back", 12, -time.Second, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := rate(test.rows, test.over)
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("got %v, want %v", text(got), text(test.want))
			}
		})
	}
}

func text(f *float64) any {
	if f == nil {
		return "none"
	}
	return *f
}

func TestStopwatchAddsUpPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := newStopwatch(time.Now)
		take := func(d time.Duration, err error) func() error {
			return func() error {
				time.Sleep(d)
				return err
			}
		}
		for _, phase := range []struct {
			name string
			took time.Duration
			err  error
		}{
			{"latestOffset", 1500 * time.Microsecond, nil}, // of one source
			{"latestOffset", 1500 * time.Microsecond, nil}, // and the other
			{"addBatch", time.Second, io.ErrUnexpectedEOF},
		} {
			if err := watch.measure(phase.name, take(phase.took, phase.err)); !errors.Is(err, phase.err) {
				t.Errorf("%s: got %v, want %v", phase.name, err, phase.err)
			}
		}
		if got, want := watch.millis(), map[string]int64{"latestOffset": 3, "addBatch": 1000}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
