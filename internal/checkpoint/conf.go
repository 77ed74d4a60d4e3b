package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// The settings that a query's state depends on. offsets/N holds them, and on a restart they win over
// the session's.
const (
	StateProviderClass        = "spark.sql.streaming.stateStore.providerClass"
	RocksDBFormatVersion      = "spark.sql.streaming.stateStore.rocksdb.formatVersion"
	StateEncodingFormat       = "spark.sql.streaming.stateStore.encodingFormat"
	UseStrictDistribution     = "spark.sql.streaming.statefulOperator.useStrictDistribution"
	FlatMapGroupsStateVersion = "spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion"
	MultipleWatermarkPolicy   = "spark.sql.streaming.multipleWatermarkPolicy"
	AggregationStateVersion   = "spark.sql.streaming.aggregation.stateFormatVersion"
	ShufflePartitions         = "spark.sql.shuffle.partitions"
	JoinStateVersion          = "spark.sql.streaming.join.stateFormatVersion"
	StateCompressionCodec     = "spark.sql.streaming.stateStore.compression.codec"
	PruneFilters              = "spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan"
	StateRowChecksum          = "spark.sql.streaming.stateStore.rowChecksum.enabled"          // since Spark 4.1
	SourceEvolution           = "spark.sql.streaming.queryEvolution.enableSourceEvolution"    // since Spark 4.2
	RocksDBMergeVersion       = "spark.sql.streaming.stateStore.rocksdb.mergeOperatorVersion" // since Spark 4.2
)

// HDFSProvider is the class of the state store that keeps its versions as files.
const HDFSProvider = "org.apache.spark.sql.execution.streaming.state.HDFSBackedStateStoreProvider"

// A Setting is one line of a Conf.
type Setting struct{ Key, Value string }

// Conf is settings in the order in which they are written.
type Conf []Setting

// DefaultConf gives the settings that Spark 4.0 writes for a new query, in its order.
func DefaultConf(shufflePartitions int) Conf {
	return Conf{
		{StateProviderClass, HDFSProvider},
		{RocksDBFormatVersion, "5"},
		{StateEncodingFormat, "unsaferow"},
		{UseStrictDistribution, "true"},
		{FlatMapGroupsStateVersion, "2"},
		{MultipleWatermarkPolicy, "min"},
		{AggregationStateVersion, "2"},
		{ShufflePartitions, strconv.Itoa(shufflePartitions)},
		{JoinStateVersion, "2"},
		{StateCompressionCodec, "lz4"},
		{PruneFilters, "false"},
	}
}

// legacyConf is what an older Spark meant where it wrote nothing.
var legacyConf = map[string]string{
	StateProviderClass:        HDFSProvider,
	StateEncodingFormat:       "unsaferow",
	UseStrictDistribution:     "false",
	FlatMapGroupsStateVersion: "1",
	MultipleWatermarkPolicy:   "min",
	AggregationStateVersion:   "1",
	JoinStateVersion:          "1",
	StateCompressionCodec:     "lz4",
	PruneFilters:              "true",
	StateRowChecksum:          "false",
	SourceEvolution:           "false",
}

// Get gives the value that holds for a query which was started with these settings: what is written, or
// else what an older Spark meant by its absence.
func (c Conf) Get(key string) (value string, ok bool) {
	for _, s := range c {
		if s.Key == key {
			return s.Value, true
		}
	}
	value, ok = legacyConf[key]
	return value, ok
}

// With gives the settings with one changed, or added at the end.
func (c Conf) With(key, value string) Conf {
	changed := slices.Clone(c)
	for i := range changed {
		if changed[i].Key == key {
			changed[i].Value = value
			return changed
		}
	}
	return append(changed, Setting{key, value})
}

// MarshalJSON writes an object whose keys keep their order.
func (c Conf) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, s := range c {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendString(text, s.Key)
		text = append(text, ':')
		text = appendString(text, s.Value)
	}
	return append(text, '}'), nil
}

// appendString writes a JSON string as Spark does: HTML's special characters stay.
func appendString(text []byte, s string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return append(text, `""`...) // never: a string can be encoded
	}
	return append(text, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

var errNotStrings = errors.New("conf is not an object of strings")

// UnmarshalJSON reads an object of strings and keeps the order of its keys. Of a key that comes twice the
// last value holds.
func (c *Conf) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	open, err := decoder.Token()
	if err != nil {
		return err
	}
	*c = nil
	if open == nil {
		return nil // null
	}
	if open != json.Delim('{') {
		return errNotStrings
	}
	var read Conf
	at := map[string]int{}
	for decoder.More() {
		var s Setting
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		s.Key, _ = key.(string) // of an object it is one
		if err := decoder.Decode(&s.Value); err != nil {
			return fmt.Errorf("%w: %s: %w", errNotStrings, s.Key, err)
		}
		if i, twice := at[s.Key]; twice {
			read[i] = s
			continue
		}
		at[s.Key] = len(read)
		read = append(read, s)
	}
	*c = read
	return nil
}
