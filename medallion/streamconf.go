package medallion

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
)

// The settings of a streaming query's life.
const (
	confStopActive    = "spark.sql.streaming.stopActiveRunOnRestart"
	confStopTimeout   = "spark.sql.streaming.stopTimeout"
	confPolling       = "spark.sql.streaming.pollingDelay"
	confIdle          = "spark.sql.streaming.noDataProgressEventInterval"
	confRecentReports = "spark.sql.streaming.numRecentProgressUpdates"
	confRetain        = "spark.sql.streaming.minBatchesToRetain"
)

// streamSettings documents them. A running query keeps those that it was started with.
var streamSettings = option.Table{
	{Name: confStopActive, Kind: option.Bool, Default: "true", Doc: "Whether the start of a query stops the one of the same session that runs on its checkpoint; else it is refused."},
	{Name: confStopTimeout, Kind: option.Duration, Default: "0", Doc: "How long Stop waits for the end of a query; 0: as long as it takes."},
	{Name: confPolling, Kind: option.Duration, Default: "10ms", Doc: "How long a query without new data waits, at least, before it looks again."},
	{Name: confIdle, Kind: option.Duration, Default: "10s", Doc: "After how long without data a query reports that it is idle."},
	{Name: confRecentReports, Kind: option.Positive, Default: "100", Doc: "How many reports a query remembers."},
	{Name: confRetain, Kind: option.Positive, Default: "100", Doc: "How many batches stay in the logs of a checkpoint."},
}

// streamSetting checks one of the settings that tables declare, and gives it as it is kept; ok is false for another setting.
func streamSetting(key, value string) (kept string, ok bool, err error) {
	known := tabledSettings()
	for _, s := range known {
		if s.Name != key {
			continue
		}
		v, err := known.Parse(map[string]string{key: value})
		if err != nil {
			rule := cmp.Or(strings.Join(s.Values, " or "), settingKinds[s.Kind])
			return value, true, errclass.InvalidConfValue.New("The value '%s' in the config \"%s\" is invalid: it should be %s.", value, key, rule)
		}
		return v.String(key), true, nil
	}
	return value, false, nil
}

var settingKinds = map[option.Kind]string{
	option.Bool: "boolean", option.Positive: "a positive integer", option.Bytes: "a size such as 128m", option.Duration: "a time such as 10s, or a number of milliseconds",
}

// queryLife is the settings as a query takes them.
func (s *Session) queryLife() stream.Life {
	return stream.Life{
		PollingDelay: s.confDuration(confPolling), IdleInterval: s.confDuration(confIdle), StopTimeout: s.confDuration(confStopTimeout),
		RecentReports: s.confCount(confRecentReports), RetainBatches: int64(s.confCount(confRetain)),
	}
}

// confDuration and confCount give 0 where a setting is not set.
func (s *Session) confDuration(key string) time.Duration {
	d, err := option.ParseDuration(s.Conf(key))
	if err != nil {
		return 0
	}
	return d
}

func (s *Session) confCount(key string) int {
	n, _ := strconv.Atoi(s.Conf(key)) // SetConf has checked it
	return n
}

func (s *Session) keepsActive() bool { return strings.EqualFold(s.Conf(confStopActive), "false") }
