package checkpoint

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// Spark 4.2 can keep the offsets of sources by their number. What was read so is written so.
func TestOffsetsOfSourcesByNumber(t *testing.T) {
	const text = "v2\n" + `{"batchWatermarkMs":7,"batchTimestampMs":1,"conf":{"a":"b"},"sourceMetadataInfo":{}}` + "\n" + `0:{"logOffset":3}` + "\n" + `2:{"t":{"0":5}}`
	logs := open(t, newStore(t))
	entry, err := logs.Offsets.parse(0, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []json.RawMessage{json.RawMessage(`{"logOffset":3}`), nil, json.RawMessage(`{"t":{"0":5}}`), nil}
	if got := entry.SourcesOf(4); !reflect.DeepEqual(got, want) || entry.WatermarkMs != 7 {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(entry.SourcesOf(2)); n != 3 {
		t.Errorf("of a query of two sources there are %d", n)
	}
	written, err := encodeOffsets(entry)
	if err != nil || string(written) != text {
		t.Errorf("written as %q, %v", written, err)
	}
	for _, c := range []struct{ lines, says string }{
		{"1:5\n0:4", ""},
		{"orders:{}", "its sources have names"},
		{"0:1\n0:2", "line 4"},
		{"0:1\n5", "line 4"},
		{"0:", "line 3"},
		{"-1:4", "names"},
		{"99999999:4", "names"},
		{"0:-", "no line of a source"},
	} {
		_, err := logs.Offsets.parse(0, []byte("v2\n{\"conf\":{}}\n"+c.lines))
		if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, errclass.MalformedLogFile) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v", c.lines, err)
		}
	}
}

// Spark 4.2 can note the sinks that a query has had. What was read of them is written again; the ids of RocksDB's state files, which may
// stand beside them, are refused.
func TestCommitsWithSinks(t *testing.T) {
	const sinks = `{"out":{"sinkName":"out","commitOffset":"-","providerName":"org.apache.spark.sql.delta.sources.DeltaSink","apiVersion":"DSv1","isActive":true}}`
	const text = "v3\n" + `{"nextBatchWatermarkMs":9,"sinkMetadataMap":` + sinks + `}`
	store := newStore(t)
	logs := open(t, store)
	put(t, store, "commits/0", text)
	entry, err := logs.Commits.Get(t.Context(), 0)
	if err != nil || entry.NextWatermarkMs != 9 || string(entry.Sinks) != sinks {
		t.Fatalf("got %+v, %v", entry, err)
	}
	if err := logs.Commits.Put(t.Context(), 1, entry); err != nil {
		t.Fatal(err)
	}
	if got, err := volumes.ReadFile(t.Context(), store, "commits/1"); err != nil || string(got) != text {
		t.Errorf("written as %q, %v", got, err)
	}
	for _, bad := range []string{
		"v3\n{}",
		"v3\n" + `{"nextBatchWatermarkMs":9,"sinkMetadataMap":{}}`,
		"v3\n" + `{"nextBatchWatermarkMs":9,"sinkMetadataMap":[1]}`,
		"v3\n" + `{"nextBatchWatermarkMs":9,"stateUniqueIds":{"0":[["a"]]},"sinkMetadataMap":` + sinks + `}`,
	} {
		if _, err := logs.Commits.parse(2, []byte(bad)); !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := logs.Commits.parse(2, []byte("v4\n{}")); !errors.Is(err, errclass.InvalidLogVersion) {
		t.Errorf("v4: %v", err)
	}
}
