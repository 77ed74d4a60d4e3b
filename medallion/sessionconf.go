package medallion

import (
	"runtime"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
	"lakehouse/volumes/s3"
)

// The settings that the session itself reads, with their defaults.
const (
	confTimeZone    = "spark.sql.session.timeZone"
	confANSI        = "spark.sql.ansi.enabled"
	confCheckpoint  = "spark.sql.streaming.checkpointLocation"
	confPartitions  = "spark.sql.shuffle.partitions"
	confMemoryLimit = "lakehouse.memory.limit"
	confStateMemory = "lakehouse.state.memory"
	confMinDeltas   = "spark.sql.streaming.stateStore.minDeltasForSnapshot"
	confWorkers     = "lakehouse.workers"
	confInference   = "spark.sql.streaming.schemaInference"
	confRescuedPath = "spark.databricks.sql.rescuedDataColumn.filePath.enabled"
	confWatermarks  = "spark.sql.streaming.multipleWatermarkPolicy"
	confNoData      = "spark.sql.streaming.noDataMicroBatches.enabled"
)

// settings documents them. Where the default depends on the machine, Doc says it.
var settings = append(option.Table{
	{Name: confTimeZone, Default: "UTC", Doc: "The time zone in which timestamps are parsed, taken apart and shown."},
	{Name: confANSI, Kind: option.Bool, Default: "true", Doc: "Whether overflow, division by zero and casts that fail are errors; else they give null."},
	{Name: confCheckpoint, Doc: "The folder above the checkpoints of streams that name none; each takes the sub-folder of its query's name."},
	{Name: confPartitions, Kind: option.Positive, Doc: "Into how many parts the state of a streaming aggregate is split; by default the number of cores."},
	{Name: confInference, Kind: option.Bool, Default: "false", Doc: "Whether a file stream without a schema takes it from the files that are there at its start."},
	{Name: confRescuedPath, Kind: option.Bool, Default: "true", Doc: "Whether the rescued-data column names the file that the data is from."},
	{Name: confWatermarks, Default: "min", Doc: "Whether the watermark of a stream with several withWatermark is the least of theirs (min) or the latest (max). A checkpoint keeps what it was made with."},
	{Name: confNoData, Kind: option.Bool, Default: "true", Doc: "Whether a stream runs a batch without data when its watermark has moved and closes something."},
	{Name: confSampleFiles, Kind: option.Positive, Default: "1000", Doc: "At most so many files are looked at to infer the columns of an Auto Loader stream."},
	{Name: confSampleBytes, Kind: option.Bytes, Default: "50g", Doc: "Likewise, at most so many bytes, but always one file."},
	{Name: confMemoryLimit, Kind: option.Bytes, Default: "4g", Doc: "The memory that queries may hold; past it they fail."},
	{Name: confStateMemory, Kind: option.Bytes, Doc: "How much of the keys and values that streams remember stays in memory, the rest in files in TMPDIR; by default half of lakehouse.memory.limit."},
	{Name: confMinDeltas, Kind: option.Positive, Default: "10", Doc: "After how many versions of its changes a state is written as a whole; a large one waits until they are half of it."},
	{Name: confWorkers, Kind: option.Positive, Doc: "How many cores a query uses; by default all."},
}, tabledSettings()...)

func defaultConf() map[string]string {
	cores := strconv.Itoa(runtime.GOMAXPROCS(0))
	return map[string]string{
		confTimeZone: "UTC", confANSI: "true", confPartitions: cores, confWorkers: cores,
		confMinDeltas:   "10",
		confMemoryLimit: "4g", confSampleFiles: "1000", confSampleBytes: "50g", confInference: "false", confWatermarks: "min", confNoData: "true", confRescuedPath: "true",
	}
}

// Conf is a setting; empty when it is not set.
func (s *Session) Conf(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conf[key]
}

// SetConf changes a setting. A value that the session cannot use is refused.
func (s *Session) SetConf(key, value string) error {
	if s3.IsSetting(key) {
		return s.setBucketConf(key, value)
	}
	if err := checkSetting(key); err != nil {
		return err
	}
	value, err := ownSetting(key, value)
	if err != nil {
		return err
	}
	if value, _, err = streamSetting(key, value); err != nil {
		return err
	}
	if key == confMemoryLimit {
		n, _ := option.ParseBytes(value) // ownSetting has checked it
		s.memory.SetLimit(n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf[key] = value
	return nil
}

// ownSetting checks one of the session's own settings, and gives it as it is kept; another stays as it is.
func ownSetting(key, value string) (kept string, err error) {
	rule, ok := "", true
	switch key {
	case confTimeZone:
		rule = "it is no time zone."
		_, ok = expr.ParseZone(value)
	case confANSI, confInference, confNoData, confRescuedPath:
		rule = "it should be boolean."
		value = strings.ToLower(value)
		ok = value == "true" || value == "false"
	case confWatermarks:
		_, err = stream.ParseWatermarkPolicy(value)
		return strings.ToLower(value), err
	case confPartitions, confWorkers, confMinDeltas, confSampleFiles:
		rule = "it should be a positive integer."
		n, err := strconv.Atoi(value)
		ok = err == nil && n > 0
	case confSampleBytes, confMemoryLimit, confStateMemory:
		rule = "it should be a size such as 4g."
		_, err := option.ParseBytes(value)
		ok = err == nil
	}
	if !ok {
		return value, errclass.InvalidConfValue.New("The value '%s' in the config \"%s\" is invalid: %s", value, key, rule)
	}
	return value, nil
}

// stateMemory is the limit of what states keep on the heap, as it is set now.
func (s *Session) stateMemory() int64 {
	if set := s.Conf(confStateMemory); set != "" {
		n, _ := option.ParseBytes(set) // SetConf has checked it
		return n
	}
	n, _ := option.ParseBytes(s.Conf(confMemoryLimit))
	return n / 2
}

func (s *Session) confInt(key string) int {
	n, _ := strconv.Atoi(s.Conf(key)) // SetConf has checked it
	return n
}
