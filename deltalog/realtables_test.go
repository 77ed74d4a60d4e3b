package deltalog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/realdata"
	"lakehouse/volumes"
)

// What the tables of other writers hold, as delta-rs counts it.
var realTables = []struct {
	name    string
	version int64
	files   int64
	refused string // the feature that this build does not read
}{
	{name: "COVID-19_NYT", version: 0, files: 8},
	{name: "cdc_ict_table", version: 3, files: 2},
	{name: "cdf-table", version: 3, files: 9},
	{name: "cdf-table-non-partitioned", version: 4, files: 11},
	{name: "checkpoint-cdf-table", version: 5, files: 13},
	{name: "checkpoint_with_partitions", version: 2, files: 2},
	{name: "checkpoints", version: 12, files: 12},
	{name: "checkpoints_vacuumed", version: 12, files: 12},
	{name: "delta-0.2.0", version: 3, files: 3},
	{name: "delta-0.8-empty", version: 1, files: 0},
	{name: "delta-0.8.0", version: 1, files: 2},
	{name: "delta-0.8.0-date", version: 0, files: 1},
	{name: "delta-0.8.0-null-partition", version: 0, files: 2},
	{name: "delta-0.8.0-numeric-partition", version: 0, files: 2},
	{name: "delta-0.8.0-partitioned", version: 0, files: 6},
	{name: "delta-0.8.0-special-partition", version: 0, files: 2},
	{name: "delta-1.2.1-only-struct-stats", version: 12, files: 12},
	{name: "delta-2.2.0-partitioned-types", version: 0, files: 3},
	{name: "delta-checkpoint-stats-optional", version: 2, files: 2},
	{name: "delta-stats-optional", version: 2, files: 2},
	{name: "http_requests", version: 1, files: 2},
	{name: "issue-2152", version: 0, files: 0},
	{name: "issue_1374", version: 1, files: 2},
	{name: "latest_not_checkpointed", version: 3, files: 1},
	{name: "partition-type-primitives", version: 0, files: 16},
	{name: "python-0.25.5-checkpoint", version: 1, files: 2},
	{name: "simple_commit", version: 0, files: 0},
	{name: "simple_table", version: 4, files: 5},
	{name: "simple_table_with_cdc", version: 2, files: 1},
	{name: "simple_table_with_checkpoint", version: 10, files: 11},
	{name: "table-with-domain-metadata", version: 108, files: 109},
	{name: "table-without-dv-small", version: 0, files: 1},
	{name: "table_failed_last_checkpoint_update", version: 3, files: 4},
	{name: "table_with_deletion_logs", version: 20, files: 1},
	{name: "table_with_edge_timestamps", version: 0, files: 2},
	{name: "table_with_null_stats_in_notnull_struct", version: 1, files: 2},
	{name: "with_checkpoint_no_last_checkpoint", version: 3, files: 1},
	{name: "delta-live-table", version: 1, files: 0},
	{name: "table-with-dv-small", version: 1, files: 1},
	{name: "cdf-table-with-cdc-and-dvs", version: 25, files: 2},
	{name: "table_with_liquid_clustering", version: 0, files: 10},
	{name: "table_with_partitioning_mapping", version: 4, files: 2},
	{name: "table_with_column_mapping", version: 0, files: 2},
	{name: "checkpoint-v2-table", version: 9, files: 8},
	{name: "spark-variant-checkpoint", version: 2, files: 4},
	{name: "spark-variant-stable-feature-checkpoint", version: 1, files: 4},
	{name: "spark-shredded-variant-preview-delta", version: 2, files: 4},
	{name: "simple_table_features", refused: "reader version 5"},
}

func TestRealTables(t *testing.T) {
	root := realdata.Path(t, "delta-tables")
	for _, test := range realTables {
		t.Run(test.name, func(t *testing.T) {
			store, err := volumes.OpenLocal(filepath.Join(root, test.name))
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(store, Options{}).Snapshot(t.Context())
			if test.refused != "" {
				refused := errors.Is(err, errclass.DeltaUnsupportedRead) || errors.Is(err, errclass.DeltaInvalidProtocol)
				if !refused || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %v, want a refusal that names %s", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.Version() != test.version {
				t.Errorf("version %d, want %d", s.Version(), test.version)
			}
			checkRealFiles(t, s, store, test.files)
		})
	}
}

// checkRealFiles holds the log against the data files: they exist, and have as many rows as their
// statistics say.
func checkRealFiles(t *testing.T, s *Snapshot, store volumes.Store, want int64) {
	scan, err := s.Scan(ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	count := int64(0)
	for file, err := range scan.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		if len(file.Partition) != len(s.PartitionColumns()) {
			t.Errorf("%s has partition values %v", file.Path, file.Partition)
		}
		if rows, ok := rowsOf(t, store, file.Path); ok && file.NumRecords >= 0 && rows != file.NumRecords {
			t.Errorf("%s has %d rows, statistics say %d", file.Path, rows, file.NumRecords)
		}
	}
	if count != want {
		t.Errorf("%d files, want %d", count, want)
	}
	told, err := s.NumFiles(t.Context())
	if err != nil || told != count {
		t.Errorf("NumFiles: %d, %v; %d were listed", told, err, count)
	}
}

// rowsOf reads the footer of a data file, where the collection has kept it.
func rowsOf(t *testing.T, store volumes.Store, name string) (int64, bool) {
	reader, err := store.Open(t.Context(), name)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	file, err := parquetio.Open(reader, reader.Info().Size)
	if err != nil {
		t.Fatal(err)
	}
	return file.NumRows(), true
}

// The checkpoint that we write of a real table gives the same table as the log that it replaces.
func TestOwnCheckpointOfRealTables(t *testing.T) {
	for _, name := range []string{"simple_table_with_checkpoint", "delta-0.8.0-special-partition", "delta-0.8.0-null-partition", "COVID-19_NYT", "delta-0.2.0"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(realdata.Path(t, "delta-tables", name))); err != nil {
				t.Fatal(err)
			}
			store, err := volumes.OpenLocal(folder)
			if err != nil {
				t.Fatal(err)
			}
			before, err := Open(store, Options{}).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := names(t, before)
			if err := before.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			after, err := Open(store, Options{}).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if after.seg.base() != before.Version() {
				t.Errorf("the checkpoint is not used: %+v", after.seg)
			}
			wantNames(t, after, want...)
		})
	}
}
