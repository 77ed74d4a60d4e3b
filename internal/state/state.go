package state

import "lakehouse/internal/types"

// A Spec says which state a stateful operator wants: one store, or several under names of their own.
type Spec struct {
	Operator   int    // its number in the query
	Name       string // Spark's operator name: "stateStoreSave"
	Key, Value types.Struct
	Stores     []StoreSpec // nil: one, of Key and Value
	// Description is for an operator whose stores may change from one run to the next; nil: they are what they were.
	Description *Description
}

// A StoreSpec says what one store of an operator holds.
type StoreSpec struct {
	Name       string // empty: "default"
	Key, Value types.Struct
	// NotNull marks the leading columns of the value that never hold a null, though Value says nothing of it; nil: none.
	NotNull []bool
	// PrefixColumns is how many leading key columns [Partition.Prefix] looks up; 0: none.
	PrefixColumns int
	// PlacedBy is how many leading key columns choose the partition; 0: PrefixColumns of them, and without those all.
	PlacedBy int
	Lone     bool // all entries lie in partition 0, the only one that there is
	// Time says where an entry's time lies, for [Partition.Until]; nil: nowhere.
	Time *TimeOf
}

// TimeOf says where an entry's time lies: a timestamp, in microseconds, in its key or its value.
type TimeOf struct {
	InValue bool
	Path    []int // numbers of fields: of the row, then of the structs in it
}

const defaultStore = "default"

// stores are the operator's stores, in the order in which its metadata name them.
func (s Spec) stores() []StoreSpec {
	if s.Stores == nil {
		return []StoreSpec{{Name: defaultStore, Key: s.Key, Value: s.Value}}
	}
	return s.Stores
}

func (s StoreSpec) name() string {
	if s.Name == "" {
		return defaultStore
	}
	return s.Name
}

// placedBy is the columns that choose the partition. Where there are none, all entries lie in one.
func (s StoreSpec) placedBy() []types.Field {
	if s.Lone {
		return nil
	}
	n := s.PlacedBy
	if n == 0 {
		n = s.PrefixColumns
	}
	if n == 0 {
		n = len(s.Key.Fields)
	}
	return s.Key.Fields[:n]
}

func sameStores(a, b []StoreSpec) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name() != b[i].name() || a[i].PrefixColumns != b[i].PrefixColumns || a[i].Lone != b[i].Lone || len(a[i].placedBy()) != len(b[i].placedBy()) ||
			!sameTime(a[i].Time, b[i].Time) || !types.Equal(a[i].Key, b[i].Key) || !types.Equal(a[i].Value, b[i].Value) {
			return false
		}
	}
	return true
}

// Progress is what a stateful operator reports of one batch, by the field names of Spark's progress.
type Progress struct {
	Operator                  int // its number; not reported
	OperatorName              string
	NumRowsTotal              int64
	NumRowsUpdated            int64
	AllUpdatesTimeMs          int64
	NumRowsRemoved            int64
	AllRemovalsTimeMs         int64
	CommitTimeMs              int64
	MemoryUsedBytes           int64
	NumRowsDroppedByWatermark int64
	NumShufflePartitions      int64
	NumStateStoreInstances    int64

	// The custom metrics of Spark's HDFS-backed provider: loadedMapCacheHitCount, loadedMapCacheMissCount (partitions whose version
	// was in memory when it was opened, and that were read from files, since the query started) and
	// stateOnCurrentVersionSizeBytes.
	CacheHits, CacheMisses, CurrentVersionBytes int64
	// Snapshots are the versions of the newest snapshots, by the names of Spark's metric (SnapshotLastUploaded.partition_0_default), of
	// the partitions that lag most; -1: there is none.
	Snapshots map[string]int64

	// Custom are the operator's own metrics, beside the provider's; nil: none.
	Custom map[string]int64
}
