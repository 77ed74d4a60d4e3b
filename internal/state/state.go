package state

import "lakehouse/internal/types"

// A Spec says which state a stateful operator wants.
type Spec struct {
	Operator   int    // its number in the query
	Name       string // Spark's operator name: "stateStoreSave"
	Key, Value types.Struct
}

// Progress is what a stateful operator reports of one batch, by the field names of Spark's progress.
type Progress struct {
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
}
