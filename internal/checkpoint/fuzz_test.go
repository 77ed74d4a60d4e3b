package checkpoint

import (
	"bytes"
	"reflect"
	"testing"

	"lakehouse/volumes/volumestest"
)

// What is read is written so that it reads the same; anything else is an error.
func FuzzOffsets(f *testing.F) {
	f.Add([]byte("v1\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":1,\"conf\":{\"a\":\"b\"}}\n{\"logOffset\":0}\n-"))
	f.Add([]byte("v2\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":1,\"conf\":{},\"sourceMetadataInfo\":{}}\n2:5\n0:{\"logOffset\":0}"))
	f.Add([]byte("v9\n{}\n{}"))
	f.Add([]byte("v1\n{\"conf\":null}\n12\r\n"))
	f.Add([]byte("garbage"))
	c, err := Open(f.Context(), volumestest.NewMemory(), start())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entry, err := c.Offsets.parse(0, data)
		if err != nil {
			return
		}
		text, err := encodeOffsets(entry)
		if err != nil {
			t.Fatalf("%q is read as %+v and cannot be written: %v", data, entry, err)
		}
		if again, err := c.Offsets.parse(0, text); err != nil || !reflect.DeepEqual(again, entry) {
			t.Fatalf("%q is read as %+v, written as %q, read as %+v, %v", data, entry, text, again, err)
		}
	})
}

func FuzzCommit(f *testing.F) {
	f.Add([]byte("v1\n{\"nextBatchWatermarkMs\":1750586675000}"))
	f.Add([]byte("v1"))
	f.Add([]byte("v3\n{\"nextBatchWatermarkMs\":5,\"sinkMetadataMap\":{\"a\":{\"isActive\":true}}}"))
	c, err := Open(f.Context(), volumestest.NewMemory(), start())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entry, err := c.Commits.parse(0, data)
		if err != nil {
			return
		}
		text, err := encodeCommit(entry)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Commits.parse(0, text); err != nil || !reflect.DeepEqual(again, entry) {
			t.Fatalf("%q is read as %+v, written as %q, read as %+v, %v", data, entry, text, again, err)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"id":"c2188a52-ce98-4313-aef0-3cdaee645eef"}`))
	f.Add([]byte("{"))
	f.Add([]byte(`{"Id":"0"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &Checkpoint{}
		if id, err := c.parseID(data); err == nil && (id == "" || !bytes.Contains(data, []byte("id")) && !bytes.Contains(data, []byte(`\u`))) {
			t.Fatalf("%q gives the id %q", data, id)
		}
	})
}
