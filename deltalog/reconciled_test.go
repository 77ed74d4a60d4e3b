package deltalog

import "testing"

// A compaction in which commits were only put together, the newest first, tells of a file more than once. It is passed over: the commits
// say what became of the file.
func TestCompactionThatIsNotReconciled(t *testing.T) {
	const (
		zero, one, two = "00000000000000000000.json", "00000000000000000001.json", "00000000000000000002.json"
		add            = `{"add":{"path":"again.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`
		remove         = `{"remove":{"path":"again.parquet","deletionTimestamp":1,"dataChange":true}}`
	)
	for name, test := range map[string]struct {
		first, second string
		files         int
	}{
		"removed":     {add, remove, 1},
		"added again": {remove, add, 2},
	} {
		store := logOf(t, map[string]string{
			zero: first(plainProtocol, plainMetadata, plainAdd), one: test.first, two: test.second,
			"00000000000000000001.00000000000000000002.compacted.json": first(test.second, test.first),
		})
		if version, files, err := readAll(t, store); version != 2 || files != test.files || err != nil {
			t.Errorf("%s: version %d of %d files, %v; want %d", name, version, files, err, test.files)
		}
	}
}
