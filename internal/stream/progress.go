package stream

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/state"
)

// Progress is the report of one batch, or of a while without one. Its JSON has the field names and the order of
// Spark's StreamingQueryProgress.
type Progress struct {
	ID                     string            `json:"id"`
	RunID                  string            `json:"runId"`
	Name                   *string           `json:"name"`
	Timestamp              string            `json:"timestamp"` // of the trigger, ISO 8601 in UTC
	BatchID                int64             `json:"batchId"`
	BatchDuration          int64             `json:"batchDuration"` // ms
	NumInputRows           int64             `json:"numInputRows"`
	InputRowsPerSecond     *float64          `json:"inputRowsPerSecond,omitempty"`
	ProcessedRowsPerSecond *float64          `json:"processedRowsPerSecond,omitempty"`
	DurationMs             map[string]int64  `json:"durationMs"`
	EventTime              map[string]string `json:"eventTime,omitempty"`
	StateOperators         []StateProgress   `json:"stateOperators"`
	Sources                []SourceProgress  `json:"sources"`
	Sink                   SinkProgress      `json:"sink"`
	// ObservedMetrics are those of DataFrame.Observe, by name: one row each, as a JSON object.
	ObservedMetrics map[string]json.RawMessage `json:"observedMetrics,omitempty"`
}

// SourceProgress is one source's part of a [Progress].
type SourceProgress struct {
	Description            string            `json:"description"`
	StartOffset            json.RawMessage   `json:"startOffset"`
	EndOffset              json.RawMessage   `json:"endOffset"`
	LatestOffset           json.RawMessage   `json:"latestOffset"`
	NumInputRows           int64             `json:"numInputRows"`
	InputRowsPerSecond     *float64          `json:"inputRowsPerSecond,omitempty"`
	ProcessedRowsPerSecond *float64          `json:"processedRowsPerSecond,omitempty"`
	Metrics                map[string]string `json:"metrics,omitempty"`

	// Files are the files that the batch read, where the source has files. Of the reports that a query remembers, only the
	// newest names the files in which nothing was wrong.
	Files []FileProgress `json:"-"`
}

// FileProgress says what became of the records of one file in one batch. Each record read is one row, but for the dropped:
// the rows are Read - Dropped, of which Corrupt have null where the record could not be read. What mode FAILFAST finds is
// not counted: it ends the query.
type FileProgress struct {
	Path    string
	Read    int64
	Corrupt int64
	Dropped int64
}

// Clean tells that nothing was wrong with any record.
func (f FileProgress) Clean() bool { return f.Corrupt == 0 && f.Dropped == 0 }

// String is a line for people: "file:///in/a.json: 3 records, 1 corrupt, 0 dropped".
func (f FileProgress) String() string {
	return fmt.Sprintf("%s: %d records, %d corrupt, %d dropped", f.Path, f.Read, f.Corrupt, f.Dropped)
}

// Faulty are the files of all sources in which something was wrong.
func (p Progress) Faulty() []FileProgress {
	var all []FileProgress
	for _, s := range p.Sources {
		for _, f := range s.Files {
			if !f.Clean() {
				all = append(all, f)
			}
		}
	}
	return all
}

// account adds what became of the records of a batch.
func (p *SourceProgress) account(files []FileProgress) {
	var read, corrupt, dropped int64
	for _, f := range files {
		read += f.Read
		corrupt += f.Corrupt
		dropped += f.Dropped
	}
	metrics := maps.Clone(p.Metrics)
	if metrics == nil {
		metrics = map[string]string{}
	}
	metrics[MetricRecordsRead] = strconv.FormatInt(read, 10)
	metrics[MetricRecordsCorrupt] = strconv.FormatInt(corrupt, 10)
	metrics[MetricRecordsDropped] = strconv.FormatInt(dropped, 10)
	p.Files, p.Metrics = files, metrics
}

// remembered is a report that is no longer the newest: it names only the files in which something was wrong.
func (p Progress) remembered() Progress {
	p.Sources = slices.Clone(p.Sources)
	for i := range p.Sources {
		var kept []FileProgress
		for _, f := range p.Sources[i].Files {
			if !f.Clean() {
				kept = append(kept, f)
			}
		}
		p.Sources[i].Files = kept
	}
	return p
}

// SinkProgress is the sink's part of a [Progress].
type SinkProgress struct {
	Description   string            `json:"description"`
	NumOutputRows int64             `json:"numOutputRows"` // -1: the sink does not tell
	Metrics       map[string]string `json:"metrics,omitempty"`
}

// StateProgress is one stateful operator's part of a [Progress].
type StateProgress struct {
	OperatorName              string           `json:"operatorName"`
	NumRowsTotal              int64            `json:"numRowsTotal"`
	NumRowsUpdated            int64            `json:"numRowsUpdated"`
	AllUpdatesTimeMs          int64            `json:"allUpdatesTimeMs"`
	NumRowsRemoved            int64            `json:"numRowsRemoved"`
	AllRemovalsTimeMs         int64            `json:"allRemovalsTimeMs"`
	CommitTimeMs              int64            `json:"commitTimeMs"`
	MemoryUsedBytes           int64            `json:"memoryUsedBytes"`
	NumRowsDroppedByWatermark int64            `json:"numRowsDroppedByWatermark"`
	NumShufflePartitions      int64            `json:"numShufflePartitions"`
	NumStateStoreInstances    int64            `json:"numStateStoreInstances"`
	CustomMetrics             map[string]int64 `json:"customMetrics"`
}

// JSON is the progress indented by one space, as Spark prints it.
func (p Progress) JSON() string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false) // a path may hold an "&"
	if err := enc.Encode(p); err != nil {
		return "{}" // not reachable: offsets come from a checked checkpoint
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// Status is what a query is doing now.
type Status struct {
	Message         string `json:"message"`
	IsDataAvailable bool   `json:"isDataAvailable"`
	IsTriggerActive bool   `json:"isTriggerActive"`
}

const (
	statusStarting = "Initializing sources"
	statusOffsets  = "Getting offsets from "
	statusPlanned  = "Writing offsets to log"
	statusRunning  = "Processing new data"
	statusIdle     = "Waiting for data to arrive"
	statusTrigger  = "Waiting for next trigger"
	statusStopped  = "Stopped"
	statusFailed   = "Terminated with exception: "
)

// recentKept is how many reports a query remembers (spark.sql.streaming.numRecentProgressUpdates).
const recentKept = 100

// timestampFormat is how Spark prints the instant of a progress.
const timestampFormat = "2006-01-02T15:04:05.000Z"

// formatMillis is an instant in milliseconds since the epoch, as Spark prints it.
func formatMillis(ms int64) string { return time.UnixMilli(ms).UTC().Format(timestampFormat) }

// stopwatch adds up what the phases of a batch take.
type stopwatch struct {
	now  func() time.Time
	took map[string]time.Duration
}

func newStopwatch(now func() time.Time) *stopwatch {
	return &stopwatch{now: now, took: map[string]time.Duration{}}
}

// measure runs f as (a part of) a phase.
func (w *stopwatch) measure(phase string, f func() error) error {
	began := w.now()
	err := f()
	w.took[phase] += w.now().Sub(began)
	return err
}

func (w *stopwatch) millis() map[string]int64 {
	ms := make(map[string]int64, len(w.took))
	for phase, d := range w.took {
		ms[phase] = d.Milliseconds()
	}
	return ms
}

// forever is how long the rows of a query's first round had to arrive.
const forever = time.Duration(math.MaxInt64)

// rate is rows a second; nil, left out of the JSON, where it is not a number.
func rate(rows int64, over time.Duration) *float64 {
	var perSecond float64
	switch {
	case over <= 0:
		return nil
	case over < forever:
		perSecond = float64(rows) / over.Seconds()
	}
	return &perSecond
}

func stateProgress(reports []state.Progress) []StateProgress {
	slices.SortFunc(reports, func(a, b state.Progress) int { return cmp.Compare(a.Operator, b.Operator) })
	out := make([]StateProgress, len(reports))
	for i, r := range reports {
		out[i] = StateProgress{
			OperatorName: r.OperatorName, NumRowsTotal: r.NumRowsTotal, NumRowsUpdated: r.NumRowsUpdated,
			AllUpdatesTimeMs: r.AllUpdatesTimeMs, NumRowsRemoved: r.NumRowsRemoved, AllRemovalsTimeMs: r.AllRemovalsTimeMs,
			CommitTimeMs: r.CommitTimeMs, MemoryUsedBytes: r.MemoryUsedBytes,
			NumRowsDroppedByWatermark: r.NumRowsDroppedByWatermark, NumShufflePartitions: r.NumShufflePartitions,
			NumStateStoreInstances: r.NumStateStoreInstances, CustomMetrics: customMetrics(r),
		}
	}
	return out
}

// customMetrics are those of the provider, and the operator's own.
func customMetrics(r state.Progress) map[string]int64 {
	metrics := map[string]int64{
		"loadedMapCacheHitCount": r.CacheHits, "loadedMapCacheMissCount": r.CacheMisses, "stateOnCurrentVersionSizeBytes": r.CurrentVersionBytes,
		"forceSnapshotCount": 0, "numSnapshotsAutoRepaired": 0, // since Spark 4.1: nothing asks for snapshots here, and none is mended
	}
	maps.Copy(metrics, r.Snapshots)
	maps.Copy(metrics, r.Custom)
	return metrics
}
