package deltalog

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const (
	plainProtocol = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`
	plainMetadata = `{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"n\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}`
	plainAdd      = `{"add":{"path":"1.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`
)

// logOf makes a store of the files of a log.
func logOf(t testing.TB, files map[string]string) *volumestest.Memory {
	t.Helper()
	store := volumestest.NewMemory()
	for name, text := range files {
		if err := store.Put(t.Context(), logDir+"/"+name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// readAll loads a table and its files.
func readAll(t testing.TB, store volumes.Store) (version int64, files int, err error) {
	t.Helper()
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		return -1, 0, err
	}
	if _, err := s.Schema(); err != nil {
		return s.Version(), 0, err
	}
	for _, err := range s.Files(t.Context()) {
		if err != nil {
			return s.Version(), files, err
		}
		files++
	}
	return s.Version(), files, nil
}

func first(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// What a log may say to harm its reader, and what becomes of it: an error of a class that says what, or the table as it is.
func TestHostileLogs(t *testing.T) {
	const zero, one, crc = "00000000000000000000.json", "00000000000000000001.json", "00000000000000000000.crc"
	inChecksum := strings.Replace(plainMetadata[1:len(plainMetadata)-1], "metaData", "metadata", 1)
	good := first(plainProtocol, plainMetadata, plainAdd)
	deep := strings.Repeat(`{\"type\":\"array\",\"containsNull\":true,\"elementType\":`, 10_000)
	plainAdd2 := strings.Replace(plainAdd, `"path":"`, `"path":"2`, 1)
	manifest := func(more string) string {
		return first(`{"checkpointMetadata":{"version":0}}`, `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["v2Checkpoint"],"writerFeatures":["v2Checkpoint"]}}`, plainMetadata, more)
	}
	tests := map[string]struct {
		files map[string]string
		class errclass.Class // "": the table is read
		says  string
		adds  int
	}{
		"as it should be":                   {files: map[string]string{zero: good}, adds: 1},
		"an unknown action":                 {files: map[string]string{zero: good + `{"sabotage":{"path":"x"}}` + "\n"}, adds: 1},
		"unknown fields":                    {files: map[string]string{zero: good + `{"add":{"path":"2","size":1,"new":{"a":[1]}},"also":1}` + "\n"}, adds: 2},
		"actions in other letter cases":     {files: map[string]string{zero: good + `{"Add":{"path":"2"}}` + "\n" + `{"METADATA":{"id":"y"}}` + "\n" + `{"Protocol":{"minReaderVersion":99}}` + "\n" + `{"REMOVE":{"path":"1.parquet"}}` + "\n"}, adds: 1},
		"fields in other letter cases":      {files: map[string]string{zero: good + `{"add":{"path":"2","PATH":"../x","Size":-1}}` + "\n"}, adds: 2},
		"blank lines":                       {files: map[string]string{zero: "\n\n" + good + "\r\n \n"}, adds: 1},
		"a byte-order mark":                 {files: map[string]string{zero: "\ufeff" + good}, adds: 1},
		"two byte-order marks":              {files: map[string]string{zero: "\ufeff\ufeff" + good}, class: errclass.DeltaLogCorrupt},
		"a commit of nothing":               {files: map[string]string{zero: good, one: ""}, adds: 1},
		"protocol 99":                       {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}`, plainMetadata)}, class: errclass.DeltaInvalidProtocol, says: "99"},
		"protocol 99 later":                 {files: map[string]string{zero: good, one: `{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}`}, class: errclass.DeltaInvalidProtocol, says: "99"},
		"protocol of 2^31":                  {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":2147483648,"minWriterVersion":2}}`, plainMetadata)}, class: errclass.DeltaInvalidProtocol},
		"protocol of 1e30":                  {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":1e30}}`, plainMetadata)}, class: errclass.DeltaLogCorrupt},
		"a reader feature of tomorrow":      {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timeMachine"],"writerFeatures":["timeMachine"]}}`, plainMetadata)}, class: errclass.DeltaUnsupportedRead, says: "timeMachine"},
		"a redirection":                     {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["redirectReaderWriter-preview"],"writerFeatures":["redirectReaderWriter-preview"]}}`, plainMetadata)}, class: errclass.DeltaUnsupportedRead, says: "redirectReaderWriter-preview"},
		"a sidecar outside of its folder":   {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.json": manifest(`{"sidecar":{"path":"..%2F..%2Fsecret","sizeInBytes":1,"modificationTime":1}}`)}, adds: 1},
		"a sidecar that is not there":       {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.json": manifest(`{"sidecar":{"path":"b.parquet","sizeInBytes":1,"modificationTime":1}}`)}, adds: 1},
		"a sidecar at a URI":                {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.json": manifest(`{"sidecar":{"path":"file:///etc/passwd","sizeInBytes":1,"modificationTime":1}}`)}, adds: 1},
		"a manifest of another version":     {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.json": strings.Replace(manifest(""), `"version":0`, `"version":7`, 1)}, adds: 1},
		"a manifest cut short":              {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.json": manifest("")[:60]}, adds: 1},
		"a manifest that is none":           {files: map[string]string{zero: good, "00000000000000000000.checkpoint.a.parquet": "PAR1PAR1"}, adds: 1},
		"a compaction that is none":         {files: map[string]string{zero: good, one: plainAdd2, "00000000000000000000.00000000000000000001.compacted.json": "{"}, adds: 2},
		"a compaction of nothing":           {files: map[string]string{zero: good, one: plainAdd2, "00000000000000000000.00000000000000000001.compacted.json": ""}, adds: 2},
		"a compaction back in time":         {files: map[string]string{zero: good, one: plainAdd2, "00000000000000000001.00000000000000000000.compacted.json": "{"}, adds: 2},
		"a compaction of the future":        {files: map[string]string{zero: good, "00000000000000000000.09223372036854775807.compacted.json": "{"}, adds: 1},
		"a million features":                {files: map[string]string{zero: first(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[`+strings.Repeat(`"x",`, 100_000)+`"x"],"writerFeatures":["x"]}}`, plainMetadata)}, class: errclass.DeltaUnsupportedRead, says: "x"},
		"two metaData":                      {files: map[string]string{zero: good + plainMetadata + "\n"}, class: errclass.DeltaLogCorrupt, says: "second metaData"},
		"two protocols":                     {files: map[string]string{zero: good + plainProtocol + "\n"}, class: errclass.DeltaLogCorrupt, says: "second protocol"},
		"no metaData":                       {files: map[string]string{zero: first(plainProtocol, plainAdd)}, class: errclass.DeltaLogCorrupt, says: "no metaData"},
		"no JSON":                           {files: map[string]string{zero: good + "{\n"}, class: errclass.DeltaLogCorrupt, says: "line at byte"},
		"half a line":                       {files: map[string]string{zero: good[:len(good)-20]}, class: errclass.DeltaLogCorrupt, says: "line at byte"},
		"values over many lines":            {files: map[string]string{zero: laidOut(t, good)}, adds: 1},
		"text behind values":                {files: map[string]string{zero: strings.ReplaceAll(good, "\n", "x\n")}, adds: 1},
		"two values in a line":              {files: map[string]string{zero: strings.Replace(good, "}\n", "} ", 1)}, class: errclass.DeltaLogCorrupt, says: "line at byte"},
		"a line break within a name":        {files: map[string]string{zero: strings.Replace(good, `"path"`, "\"pa\nth\"", 1)}, class: errclass.DeltaLogCorrupt},
		"braces without end":                {files: map[string]string{zero: good + strings.Repeat("{\n", 1_000_000)}, class: errclass.DeltaLogCorrupt, says: "line at byte"},
		"a list":                            {files: map[string]string{zero: good + "[]\n"}, class: errclass.DeltaLogCorrupt},
		"bytes":                             {files: map[string]string{zero: good + "\x00\xff\n"}, class: errclass.DeltaLogCorrupt},
		"nested without end":                {files: map[string]string{zero: good + strings.Repeat(`{"a":[`, 1_000_000)}, class: errclass.DeltaLogCorrupt},
		"a size below zero":                 {files: map[string]string{zero: first(plainProtocol, plainMetadata, `{"add":{"path":"1","size":-1}}`)}, class: errclass.DeltaLogCorrupt, says: "negative"},
		"a size of 1e30":                    {files: map[string]string{zero: first(plainProtocol, plainMetadata, `{"add":{"path":"1","size":1e30}}`)}, class: errclass.DeltaLogCorrupt},
		"a schema nested 10k":               {files: map[string]string{zero: first(plainProtocol, strings.Replace(plainMetadata, `\"long\"`, deep, 1), plainAdd)}, class: errclass.DeltaLogCorrupt},
		"a schema nested 10k, closed":       {files: map[string]string{zero: first(plainProtocol, strings.Replace(plainMetadata, `\"long\"`, deep+`\"long\"`+strings.Repeat("}", 10_000), 1), plainAdd)}, class: errclass.DeltaLogCorrupt},
		"a schema that is none":             {files: map[string]string{zero: first(plainProtocol, strings.Replace(plainMetadata, `\"struct\"`, `\"long\"`, 1), plainAdd)}, class: errclass.DeltaLogCorrupt},
		"statistics that are none":          {files: map[string]string{zero: first(plainProtocol, plainMetadata, `{"add":{"path":"1","size":1,"stats":"{\"numRecords\":-5,\"minValues\":[`+strings.Repeat("[", 20_000)+`"}}`)}, adds: 1},
		"the newest version there can be":   {files: map[string]string{zero: good, "09223372036854775807.json": plainAdd}, class: errclass.DeltaLogGap},
		"the newest version alone":          {files: map[string]string{"09223372036854775807.json": good}, class: errclass.DeltaLogGap},
		"a version beyond":                  {files: map[string]string{zero: good, "09223372036854775808.json": plainAdd, "99999999999999999999.json": "{"}, adds: 1},
		"a version below zero":              {files: map[string]string{zero: good, "-0000000000000000001.json": "{"}, adds: 1},
		"a version of 21 digits":            {files: map[string]string{zero: good, "000000000000000000001.json": "{"}, adds: 1},
		"a version in other digits":         {files: map[string]string{zero: good, "0000000000000000000１.json": "{"}, adds: 1},
		"a checkpoint of the newest":        {files: map[string]string{zero: good, "09223372036854775807.checkpoint.parquet": "PAR1PAR1"}, adds: 1},
		"a checkpoint of no part":           {files: map[string]string{zero: good, "00000000000000000000.checkpoint.0000000000.0000000000.parquet": "x"}, adds: 1},
		"a checkpoint of a million parts":   {files: map[string]string{zero: good, "00000000000000000000.checkpoint.0000000001.0001000000.parquet": "x"}, adds: 1},
		"a checkpoint that is none":         {files: map[string]string{zero: good, "00000000000000000000.checkpoint.parquet": strings.Repeat("\x00", 1000)}, adds: 1},
		"a hint at nothing":                 {files: map[string]string{zero: good, "_last_checkpoint": `{"version":7,"size":1}`}, adds: 1},
		"a hint at the newest":              {files: map[string]string{zero: good, "_last_checkpoint": `{"version":9223372036854775807,"size":1}`}, adds: 1},
		"a hint at a version below zero":    {files: map[string]string{zero: good, "_last_checkpoint": `{"version":-1,"size":1}`}, adds: 1},
		"a hint at a million parts":         {files: map[string]string{zero: good, "_last_checkpoint": `{"version":0,"size":1,"parts":1000000}`}, adds: 1},
		"a hint that is nested":             {files: map[string]string{zero: good, "_last_checkpoint": strings.Repeat(`{"checkpointSchema":`, 100_000)}, adds: 1},
		"a hint that is bytes":              {files: map[string]string{zero: good, "_last_checkpoint": "\xff\x00"}, adds: 1},
		"a checksum that is none":           {files: map[string]string{zero: good, crc: "{"}, adds: 1},
		"a checksum that lies of files":     {files: map[string]string{zero: good, crc: `{"tableSizeBytes":9,"numFiles":1000000000,"numMetadata":1,"numProtocol":1,` + inChecksum + `,` + plainProtocol[1:]}, adds: 1},
		"a checksum of fewer than no files": {files: map[string]string{zero: good, crc: `{"tableSizeBytes":-1,"numFiles":-1,` + inChecksum + `,` + plainProtocol[1:]}, adds: 1},
		"a checksum of protocol 99":         {files: map[string]string{zero: good, crc: `{"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,` + inChecksum + `,"protocol":{"minReaderVersion":99,"minWriterVersion":99}}`}, class: errclass.DeltaInvalidProtocol},
		"a hole":                            {files: map[string]string{zero: good, "00000000000000000002.json": plainAdd}, class: errclass.DeltaLogGap},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := logOf(t, test.files)
			var version int64
			var files int
			var err error
			costsAtMost(t, 512<<20, func() { version, files, err = readAll(t, store) })
			switch {
			case test.class == "" && (err != nil || files != test.adds):
				t.Errorf("got version %d of %d files, %v; want %d files", version, files, err, test.adds)
			case test.class != "" && err == nil:
				t.Errorf("got version %d of %d files, want an error", version, files)
			case test.class != "":
				wantClass(t, err, test.class)
				if !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want it to say %q", err, test.says)
				}
			}
			if err != nil && len(err.Error()) > 10_000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
	t.Logf("%d hostile logs", len(tests))
}

// generated is a text that is made while it is read.
type generated struct {
	head, unit string
	units      int
	rest       string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.rest == "" {
		switch {
		case g.head != "":
			g.rest, g.head = g.head, ""
		case g.units > 0:
			n := min(g.units, 1000)
			g.rest = strings.Repeat(g.unit, n)
			g.units -= n
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// A long line costs at most what one line may have, and is not decoded.
func TestLongLinesCostNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("what is allocated is measured, and the race detector has it allocated twice")
	}
	for name, in := range map[string]*generated{
		"a line of a gigabyte":        {head: `{"add":{"path":"`, unit: "x", units: 1 << 30},
		"statistics of 100 megabytes": {head: `{"add":{"path":"1","size":1,"stats":"`, unit: `{\"numRecords\":1}`, units: 6 << 20},
	} {
		var err error
		costsAtMost(t, 8*maxLineBytes, func() { _, err = decodeCommit(in, math.MaxInt32) })
		if err == nil || !strings.Contains(err.Error(), "in one line") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A commit of very many actions is read, in memory for them alone.
func TestManyActions(t *testing.T) {
	const many = 50_000
	var text strings.Builder
	text.WriteString(first(plainProtocol, plainMetadata))
	for i := range many {
		fmt.Fprintf(&text, `{"add":{"path":"%d.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`+"\n", i%(many/2))
	}
	version, files, err := readAll(t, logOf(t, map[string]string{"00000000000000000000.json": text.String()}))
	if err != nil || version != 0 || files != many/2 {
		t.Errorf("got version %d of %d files, %v", version, files, err)
	}
}
