package deltalog

import (
	"bytes"
	"reflect"
	"testing"
)

// The scanner of common lines says of a line what the decoder of all JSON says, or nothing.
func FuzzLineScanner(f *testing.F) {
	for _, line := range scannedLines {
		f.Add([]byte(line))
	}
	for _, line := range unscannedLines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line = bytes.TrimSpace(line)
		var quick, slow Actions
		known, quickErr := new(lineScanner).scan(line, &quick)
		if !known {
			return
		}
		var action actionLine
		err := actionLines.Unmarshal(line, &action)
		if err == nil {
			err = slow.add(&action)
		}
		if (err == nil) != (quickErr == nil) || err != nil && err.Error() != quickErr.Error() {
			t.Fatalf("%s: %v, decoded %v", line, quickErr, err)
		}
		if !reflect.DeepEqual(quick, slow) {
			t.Fatalf("%s:\n%+v, decoded\n%+v", line, quick, slow)
		}
	})
}

var scannedLines = []string{
	`{"add":{"path":"a.parquet","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true,"stats":"{\"numRecords\":1}"}}`,
	`{"add":{"path":"d=%C3%A4/b.parquet","partitionValues":{"d":"ä","n":null},"size":0,"modificationTime":-1,"dataChange":false,` +
		`"tags":{"a":"b"},"deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,` +
		`"cardinality":6,"maxRowIndex":7},"baseRowId":3,"defaultRowCommitVersion":4,"clusteringProvider":"liquid"}}`,
	` { "remove" : { "path" : "a.parquet" , "deletionTimestamp" : 5 , "dataChange" : true , "extendedFileMetadata" : true , ` +
		`"partitionValues" : { } , "size" : 6 , "stats" : "\\\/\b\f\n\r\t" } } `,
	`{"add":{"path":"a","size":1,"size":2}}`,
	`{"add":{"path":""}}`,
	`{"add":{"path":"%zz"}}`,
	`{"add":{"path":"a","size":-1}}`,
}

// What writers seldom write is left to the decoder.
var unscannedLines = []string{
	`{"add":{"path":"\u0061"}}`, `{"add":{"p\u0061th":"a"}}`, `{"add":{"path":"a","stats":null}}`, `{"add":{"path":"a","Size":1}}`,
	`{"add":{"path":"a","size":1.0}}`, `{"add":{"path":"a","size":1e2}}`, `{"add":{"path":"a","size":01}}`, `{"add":{"path":"a","size":9223372036854775807}}`,
	`{"add":{"path":"a","tags":{"a":"1"},"tags":{"b":"1"}}}`, `{"add":{"path":"a","partitionValues":{"a":"1"},"partitionValues":{"b":"1"}}}`,
	`{"add":{"path":"a","deletionVector":{"offset":1},"deletionVector":{"cardinality":1}}}`, `{"add":{"path":"a"},"remove":{"path":"a"}}`,
	`{"add":{"path":"a"}`, `{"add":{"path":"a"}}}`, `{"add":{"path":"a\`, `{"add":{"path":"` + "\xff" + `"}}`, `{"add":{"path":"` + "\x01" + `"}}`,
	`{"add":{"path":"a","unknown":1}}`, `{"add":null}`, `{"add":{"path":"a",}}`, `{"txn":{"appId":"a","version":1}}`, `{}`, `{`, ``,
}

func TestLineScannerKnowsCommonLines(t *testing.T) {
	for _, line := range scannedLines {
		if known, _ := new(lineScanner).scan(bytes.TrimSpace([]byte(line)), new(Actions)); !known {
			t.Errorf("%s is left to the decoder", line)
		}
	}
	for _, line := range unscannedLines {
		if known, _ := new(lineScanner).scan(bytes.TrimSpace([]byte(line)), new(Actions)); known {
			t.Errorf("%s is scanned", line)
		}
	}
}

// Texts that share memory stay as they are when others are added.
func TestTextsOfOneChunk(t *testing.T) {
	var chunk textChunk
	var kept, want []string
	for i := range 3000 {
		text := string(bytes.Repeat([]byte{byte('a' + i%26)}, i%40))
		kept, want = append(kept, chunk.keep(text)), append(want, text)
	}
	if !reflect.DeepEqual(kept, want) {
		t.Error("a text has changed")
	}
}
