package delta

import (
	"bytes"
	"testing"

	"lakehouse/deltalog"
)

// An offset that is read is written as one that reads the same, and tells where it is.
func FuzzOffset(f *testing.F) {
	for _, seed := range []string{
		`{"sourceVersion":1,"reservoirId":"id","reservoirVersion":3,"index":-1,"isStartingVersion":false}`, `{"reservoirId":"id","reservoirVersion":9223372036854775807,"index":9223372036854775807}`,
		`{"sourceVersion":2,"reservoirId":"id","reservoirVersion":3,"index":-1,"isStartingVersion":true,"eventTimeMillis":-5}`, `{"sourceVersion":3,"reservoirId":"id","reservoirVersion":3,"index":-20,"isStartingVersion":false}`,
		`{"RESERVOIRID":"id"}`, `{"reservoirId":"id","reservoirVersion":-1}`, `null`, `{"logOffset":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, ok := ParsePosition(text); ok {
			_ = p.String()
		}
		at, err := parseOffset(text, "id")
		if err != nil {
			return
		}
		if at.ReservoirVersion < 0 {
			t.Fatalf("%q is %+v", text, at)
		}
		if again, err := parseOffset(at.json(), "id"); err != nil || again != at {
			t.Fatalf("%+v is read as %+v, %v", at, again, err)
		}
	})
}

// An entry of a tracking log that is read is written as one that reads the same, and its columns are columns or an error.
func FuzzTrackedMetadata(f *testing.F) {
	for _, seed := range []string{
		"v1\n" + `{"tableId":"id","deltaCommitVersion":3,"dataSchemaJson":"{\"type\":\"struct\",\"fields\":[]}","partitionSchemaJson":"{\"type\":\"struct\",\"fields\":[]}","sourceMetadataPath":"file:/cp/sources/0","tableConfigurations":{"a":"b"},"protocolJson":"{\"protocol\":{\"minReaderVersion\":2,\"minWriterVersion\":5}}","previousMetadataSeqNum":0}`,
		"v1\n{}", "v2\n{}", "v1", "", "v1\n" + `{"TABLEID":"id"}`, "v1\n" + `{"tableId":"id","dataSchemaJson":"x","partitionSchemaJson":"[]","protocolJson":"{}"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parseTracked(text, "here")
		if err != nil {
			return
		}
		if m, err := e.metadata(deltalog.Metadata{}); err == nil {
			if _, err := columnsOf(m, deltalog.Protocol{}); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		_, _ = e.protocol(deltalog.Protocol{})
		out, err := e.text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseTracked(out, "here")
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, out, err)
		}
		if same, err := again.text(); err != nil || !bytes.Equal(same, out) {
			t.Fatalf("%q is written as %q, %v", out, same, err)
		}
	})
}
