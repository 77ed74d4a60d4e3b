package deltalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// What a feature leaves behind in its table, and what not, when it is dropped.
func TestDropFeature(t *testing.T) {
	tests := []struct {
		feature       string
		configuration map[string]string
		want          string // the protocol after it
		gone          []string
	}{
		{"rowTracking", map[string]string{propRowTracking: "true"}, "(1,7,[],[appendOnly,invariants,domainMetadata])", []string{propRowTracking, propRowIDColumn, propCommitVersionColumn}},
		{"inCommitTimestamp", map[string]string{propCommitTimes: "true"}, "(1,2)", []string{propCommitTimes, propCommitTimesSince}},
		{"checkConstraints", map[string]string{"delta.feature.checkConstraints": "supported"}, "(1,2)", nil},
		{"v2Checkpoint", map[string]string{propCheckpointPolicy: "v2"}, "(1,7,[],[appendOnly,invariants,checkpointProtection])", []string{propCheckpointPolicy}},
		{"vacuumProtocolCheck", map[string]string{"delta.feature.vacuumProtocolCheck": "supported"}, "(1,7,[],[appendOnly,invariants,checkpointProtection])", nil},
		{"deletionVectors", map[string]string{propVectors: "true"}, "(1,7,[],[appendOnly,invariants,checkpointProtection])", []string{propVectors}},
	}
	for _, test := range tests {
		t.Run(test.feature, func(t *testing.T) {
			store := volumestest.NewMemory()
			table := newTable(t, store, test.configuration)
			table.append("a", "b")
			if err := table.DropFeature(t.Context(), test.feature, DropFeatureOptions{}); err != nil {
				t.Fatal(err)
			}
			s, err := Open(store, Options{}).Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p, m := s.Protocol(), s.Metadata()
			if p.versions() != test.want {
				t.Errorf("protocol %s, want %s", p.versions(), test.want)
			}
			for _, name := range test.gone {
				if value, set := m.Configuration[name]; set && value != "false" && value != "classic" {
					t.Errorf("%s = %s is left", name, value)
				}
			}
			for file, err := range s.Files(t.Context()) {
				if err != nil || file.BaseRowID != nil {
					t.Errorf("%s, %v, has row id %v", file.Path, err, file.BaseRowID)
				}
			}
			if p.Supports(protection) {
				if s.protectedBefore() != s.Version() || s.seg.base() != s.Version() {
					t.Errorf("version %d is protected before %d, on a checkpoint of %d", s.Version(), s.protectedBefore(), s.seg.base())
				}
			}
			table.append("c")
			if n := len(names(t, table.snapshot())); n != 3 {
				t.Errorf("%d files", n)
			}
			history, err := table.History(t.Context(), 2)
			if err != nil || history[1].Operation != "DROP FEATURE" || history[1].OperationParameters.Get("featureName") != test.feature {
				t.Errorf("history %+v, %v", history, err)
			}
		})
	}
}

func TestDropFeatureIsRefused(t *testing.T) {
	tests := []struct {
		name          string
		configuration map[string]string
		feature       string
		truncate      bool
		class         errclass.Class
		says          string
	}{
		{"unknown", nil, "colunmMapping", false, errclass.DeltaFeatureDrop, "colunmMapping"},
		{"a property", nil, "delta.appendOnly", false, errclass.DeltaFeatureDropIsProperty, "property"},
		{"not there", nil, "deletionVectors", false, errclass.DeltaFeatureDropNotPresent, "deletionVectors"},
		{"for good", nil, "appendOnly", false, errclass.DeltaFeatureDropNonremovable, "appendOnly"},
		{"another needs it", map[string]string{propRowTracking: "true"}, "domainMetadata", false, errclass.DeltaFeatureDropDependent, "rowTracking"},
		{"no history", map[string]string{propCommitTimes: "true"}, "inCommitTimestamp", true, errclass.DeltaFeatureDropNoTruncation, "truncation"},
		{"constraints", map[string]string{"delta.constraints.positive": "id > 0"}, "checkConstraints", false, errclass.DeltaDropConstraints, "positive"},
		{"mapped columns", map[string]string{propMapping: "name"}, "columnMapping", false, errclass.DeltaFeatureDropHistory, "Purge"},
		{"protection without truncation", map[string]string{"delta.feature.checkpointProtection": "supported"}, protection, false, errclass.DeltaFeatureDropProtection, "truncating"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := newTable(t, volumestest.NewMemory(), test.configuration)
			err := table.DropFeature(t.Context(), test.feature, DropFeatureOptions{TruncateHistory: test.truncate})
			wantClass(t, err, test.class)
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want it to say %s", err, test.says)
			}
		})
	}
}

// Truncating takes two calls, and the history in between has to grow old.
func TestDropFeatureTruncatesHistory(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	opts := testOptions()
	opts.Clock = func() time.Time { return now }
	store := volumestest.NewMemory()
	raw, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema, Configuration: map[string]string{propVectors: "true"}, Options: opts})
	if err != nil {
		t.Fatal(err)
	}
	table := &testTable{t, store, raw}
	file := write("a")
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	txn.Add(file)
	table.commit(txn)
	txn = table.snapshot().Begin(Operation{Name: "DELETE"})
	txn.Remove(file)
	file.DeletionVector = &DeletionVector{StorageType: "i", PathOrInlineDV: "x", Cardinality: 1, SizeInBytes: 1}
	txn.Add(file)
	table.commit(txn)

	drop := DropFeatureOptions{TruncateHistory: true}
	wantClass(t, table.DropFeature(t.Context(), "deletionVectors", drop), errclass.DeltaFeatureDropHistory)
	purged := 0
	drop.Purge = func(ctx context.Context) error {
		purged++
		s, err := table.Snapshot(ctx)
		if err != nil {
			return err
		}
		txn := s.Begin(Operation{Name: "REORG"})
		txn.Remove(file)
		txn.Add(write("b"))
		_, err = txn.Commit(ctx)
		return err
	}
	wantClass(t, table.DropFeature(t.Context(), "deletionVectors", drop), errclass.DeltaFeatureDropWait)
	wantClass(t, table.DropFeature(t.Context(), "deletionVectors", drop), errclass.DeltaFeatureDropHistory)
	now = time.Now().Add(1000 * time.Hour) // all versions are old by then
	if err := table.DropFeature(t.Context(), "deletionVectors", drop); err != nil {
		t.Fatal(err)
	}
	s := table.snapshot()
	if p := s.Protocol(); p.versions() != "(1,2)" || purged != 1 {
		t.Errorf("protocol %s, purged %d times", p.versions(), purged)
	}
	if table.exists(commitName(0)) || table.exists(commitName(2)) {
		t.Error("the history is still there")
	}
}
