package deltalog

import (
	"runtime"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

// costsAtMost fails a test that allocates more bytes.
func costsAtMost(t *testing.T, limit uint64, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > limit {
		t.Errorf("%d MB were allocated, at most %d may be", used>>20, limit>>20)
	}
}

// What the newer files of a log may say to harm their reader: it reads the table without them, or tells what is wrong.
func TestHostileFormats(t *testing.T) {
	const zero, one, two = "00000000000000000000.json", "00000000000000000001.json", "00000000000000000002.json"
	const manifest = "00000000000000000000.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json"
	start := first(vectorsProtocol, plainMetadata)
	good := start + plainAdd + "\n"
	marked := `{"checkpointMetadata":{"version":0}}` + "\n"
	sidecarOf := func(path string) string {
		return `{"sidecar":{"path":` + asJSON(path) + `,"sizeInBytes":9223372036854775807,"modificationTime":1}}` + "\n"
	}
	withVector := func(vector string) map[string]string {
		return map[string]string{zero: start + `{"add":{"path":"1.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":` + vector + `}}`}
	}
	tests := map[string]struct {
		files map[string]string
		class errclass.Class // "": the table is read
		adds  int
	}{
		"a manifest and the commits":                {files: map[string]string{zero: good, manifest: marked + good}, adds: 1},
		"a manifest that names itself":              {files: map[string]string{zero: good, manifest: marked + start + sidecarOf(manifest)}, adds: 1},
		"a manifest that names itself, alone":       {files: map[string]string{manifest: marked + start + sidecarOf(manifest)}, class: "any"},
		"a manifest of a sidecar that is gone":      {files: map[string]string{zero: good, manifest: marked + start + sidecarOf("x.parquet")}, adds: 1},
		"a manifest of one sidecar, often":          {files: map[string]string{zero: good, manifest: marked + start + strings.Repeat(sidecarOf("x.parquet"), 5_000)}, adds: 1},
		"a manifest that is cut":                    {files: map[string]string{zero: good, manifest: (marked + good)[:200]}, adds: 1},
		"a manifest of bytes":                       {files: map[string]string{zero: good, manifest: "\x00\xff"}, adds: 1},
		"a manifest without its mark":               {files: map[string]string{zero: good, manifest: good}, adds: 1},
		"a manifest of another version":             {files: map[string]string{zero: good, manifest: `{"checkpointMetadata":{"version":7}}` + "\n" + good}, adds: 1},
		"a manifest of protocol 99":                 {files: map[string]string{manifest: marked + first(`{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}`, plainMetadata)}, class: errclass.DeltaInvalidProtocol},
		"two manifests, one broken":                 {files: map[string]string{zero: good, manifest: marked + good, strings.Replace(manifest, "3a0d", "ffff", 1): "{"}, adds: 1},
		"compacted backwards":                       {files: map[string]string{zero: good, "00000000000000000005.00000000000000000001.compacted.json": plainAdd}, adds: 1},
		"compacted of the newest there can be":      {files: map[string]string{zero: good, "00000000000000000000.09223372036854775807.compacted.json": good}, adds: 1},
		"compacted of versions that are not there":  {files: map[string]string{zero: good, "00000000000000000001.00000000000000000009.compacted.json": "{"}, adds: 1},
		"compacted, and broken":                     {files: map[string]string{zero: good, one: plainAdd, two: plainAdd, "00000000000000000001.00000000000000000002.compacted.json": "{"}, adds: 1},
		"compacted, and nested":                     {files: map[string]string{zero: good, one: plainAdd, "00000000000000000000.00000000000000000001.compacted.json": strings.Repeat(`{"a":[`, 100_000)}, adds: 1},
		"compacted of 21 digits":                    {files: map[string]string{zero: good, "000000000000000000000.000000000000000000001.compacted.json": "{"}, adds: 1},
		"a vector of 2 GB":                          {files: withVector(`{"storageType":"i","pathOrInlineDv":"","sizeInBytes":2147483647,"cardinality":1}`), adds: 1},
		"a vector of fewer than no bytes":           {files: withVector(`{"storageType":"i","pathOrInlineDv":"","sizeInBytes":-1,"cardinality":-1}`), adds: 1},
		"a vector of 2^63 rows":                     {files: withVector(`{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":40,"cardinality":9223372036854775807}`), adds: 1},
		"a vector at a place below zero":            {files: withVector(`{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":-2147483648,"sizeInBytes":40,"cardinality":6}`), adds: 1},
		"a vector of an unknown kind":               {files: withVector(`{"storageType":"q","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}`), adds: 1},
		"a hint with sidecars without end":          {files: map[string]string{zero: good, "_last_checkpoint": `{"version":0,"size":1,"v2Checkpoint":{"path":"x","sidecarFiles":[` + strings.Repeat(`{"path":"x"},`, 100_000) + `{}]}}`}, adds: 1},
		"a hint whose checksum is wrong":            {files: map[string]string{zero: good, "_last_checkpoint": `{"version":0,"size":1,"checksum":"00000000000000000000000000000000"}`}, adds: 1},
		"a checksum file with files that are none":  {files: map[string]string{zero: good, "00000000000000000000.crc": `{"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,"allFiles":[{"path":"../x"}],` + strings.Replace(plainMetadata[1:len(plainMetadata)-1], "metaData", "metadata", 1) + `,` + vectorsProtocol[1:]}, adds: 1},
		"a checksum file of a histogram of nothing": {files: map[string]string{zero: good, "00000000000000000000.crc": `{"fileSizeHistogram":{"sortedBinBoundaries":[],"fileCounts":[1],"totalBytes":[]},"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,` + strings.Replace(plainMetadata[1:len(plainMetadata)-1], "metaData", "metadata", 1) + `,` + vectorsProtocol[1:]}, adds: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := logOf(t, test.files)
			var version int64
			var files int
			var err error
			costsAtMost(t, 512<<20, func() {
				version, files, err = readAll(t, store)
				touch(t, store, nil)
			})
			switch {
			case test.class == "" && (err != nil || files != test.adds):
				t.Errorf("got version %d of %d files, %v; want %d files", version, files, err, test.adds)
			case test.class != "" && err == nil:
				t.Errorf("got version %d of %d files, want an error", version, files)
			case test.class != "" && test.class != "any":
				wantClass(t, err, test.class)
			}
		})
	}
	t.Logf("%d hostile logs", len(tests))
}
