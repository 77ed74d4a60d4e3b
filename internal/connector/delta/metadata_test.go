package delta

import (
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// takeOut gives the table's only file a deletion vector.
func (l *lake) takeOut(rows ...int64) {
	l.Helper()
	l.commit(func(s *deltalog.Snapshot, txn *deltalog.Txn) {
		vectors := l.table.Log.NewDeletionVectorFile()
		defer vectors.Abort()
		for f, err := range s.Files(l.Context()) {
			if err != nil {
				l.Fatal(err)
			}
			vector, err := vectors.Add(l.Context(), deltalog.RowsOf(rows...))
			if err == nil {
				err = txn.SetDeletionVector(f, vector)
			}
			if err != nil {
				l.Fatal(err)
			}
		}
		if err := vectors.Close(); err != nil {
			l.Fatal(err)
		}
	})
}

// vectorTable is a table of five rows that may have deletion vectors, and has its changes recorded.
func vectorTable(t *testing.T, properties string) *lake {
	l := newLake(t)
	opts := l.options(nil)
	opts.Properties = map[string]string{"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true"}
	if properties != "" {
		opts.Properties[properties] = "true"
	}
	rows := l.rows("n long", `{"n":0}`, `{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`)
	if _, err := Write(t.Context(), l.table, rows, opts); err != nil {
		t.Fatal(err)
	}
	return l
}

// Who names the metadata column has it, wherever it stands; the position of a row counts those that a vector took out.
func TestMetadataColumn(t *testing.T) {
	l := vectorTable(t, "")
	l.takeOut(0, 3)
	l.wantRows("rows", l.read(nil), `{"n":1} {"n":2} {"n":4}`)
	l.wantRows("none of the columns", l.read(nil, []string{}...), `{} {} {}`)
	for _, columns := range [][]string{{"_metadata", "n"}, {"n", "_metadata"}} {
		got := l.read(nil, columns...)
		for _, want := range []string{`"file_path":"memory:/t/part-`, `"file_block_start":0,`, `"row_index":1}`, `"row_index":2}`, `"row_index":4}`} {
			if !strings.Contains(got, want) {
				t.Errorf("columns %v: %s lacks %s", columns, got, want)
			}
		}
		if strings.Contains(got, `"row_index":0`) || strings.Contains(got, `"row_index":3`) {
			t.Errorf("columns %v: %s has rows that were taken out", columns, got)
		}
	}
}

// The fields of the metadata column are those that Spark shows for the table.
func TestMetadataFieldsAreSparks(t *testing.T) {
	const plain = "file_path file_name file_size file_block_start file_block_length file_modification_time"
	tests := []struct {
		name     string
		meta     deltalog.Metadata
		protocol deltalog.Protocol
		want     string
	}{
		{"plain", deltalog.Metadata{}, deltalog.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, plain},
		{"vectors", deltalog.Metadata{}, deltalog.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"}}, plain + " row_index"},
		{
			"row tracking",
			deltalog.Metadata{Configuration: map[string]string{"delta.enableRowTracking": "true"}},
			deltalog.Protocol{MinReaderVersion: 1, MinWriterVersion: 7},
			plain + " row_index row_id base_row_id default_row_commit_version row_commit_version",
		},
	}
	for _, test := range tests {
		f := metadataField(test.meta, test.protocol)
		if got := strings.Join(f.Type.(types.Struct).Names(), " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// Rows of a table that tracks them have ids, and keep them when others are taken out.
func TestRowIDsStay(t *testing.T) {
	l := vectorTable(t, "delta.enableRowTracking")
	l.takeOut(1)
	got, err := scanned(t.Context(), l.source(nil), logical.ScanOptions{Columns: []string{"n", "_metadata"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"n":0,`, `"row_index":2,"row_id":2,"base_row_id":0,`, `"row_index":4,"row_id":4,`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

// A version whose only change is a vector is changes: the rows by which it differs from the vector before.
func TestVectorsAreChanges(t *testing.T) {
	l := vectorTable(t, "")
	l.takeOut(0)
	l.takeOut(0, 3)
	got, err := scanned(t.Context(), l.source(map[string]string{"readChangeFeed": "true", "startingVersion": "1"}), logical.ScanOptions{Columns: []string{"n", "_change_type", "_commit_version"}})
	if err != nil {
		t.Fatal(err)
	}
	l.wantRows("changes", got, `{"n":0,"_change_type":"delete","_commit_version":1} {"n":3,"_change_type":"delete","_commit_version":2}`)
}
