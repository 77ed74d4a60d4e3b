package deltalog

import (
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// The table properties that this package obeys, by name, with their defaults.
const (
	propCheckpointInterval = "delta.checkpointInterval"
	propLogRetention       = "delta.logRetentionDuration"
	propLogCleanup         = "delta.enableExpiredLogCleanup"
	propFileRetention      = "delta.deletedFileRetentionDuration"
	propTxnRetention       = "delta.setTransactionRetentionDuration"
	propIndexedColumns     = "delta.dataSkippingNumIndexedCols"
	propStatsColumns       = "delta.dataSkippingStatsColumns"
	propAppendOnly         = "delta.appendOnly"
	propIsolation          = "delta.isolationLevel"
	propCheckpointPolicy   = "delta.checkpointPolicy"

	defaultCheckpointInterval = 10
	defaultLogRetention       = 30 * 24 * time.Hour
	defaultFileRetention      = 7 * 24 * time.Hour
	defaultIndexedColumns     = 32
)

func (m *Metadata) checkpointInterval() int64 {
	if n, err := strconv.ParseInt(m.Configuration[propCheckpointInterval], 10, 64); err == nil && n > 0 {
		return n
	}
	return defaultCheckpointInterval
}

func (m *Metadata) logRetention() time.Duration {
	return m.interval(propLogRetention, defaultLogRetention)
}

func (m *Metadata) fileRetention() time.Duration {
	return m.interval(propFileRetention, defaultFileRetention)
}

// txnRetention is how long an application's last version is remembered; 0: for ever.
func (m *Metadata) txnRetention() time.Duration { return m.interval(propTxnRetention, 0) }

func (m *Metadata) logCleanup() bool {
	return !strings.EqualFold(m.Configuration[propLogCleanup], "false")
}

func (m *Metadata) appendOnly() bool {
	return strings.EqualFold(m.Configuration[propAppendOnly], "true")
}

// IndexedColumns is how many leaf columns, from the left, get statistics; -1: all.
func (m *Metadata) IndexedColumns() int {
	if n, err := strconv.Atoi(m.Configuration[propIndexedColumns]); err == nil && n >= -1 {
		return n
	}
	return defaultIndexedColumns
}

// interval reads a property like "interval 30 days". What cannot be read counts as not set: a
// writer that refused would leave the table without checkpoints.
func (m *Metadata) interval(name string, byDefault time.Duration) time.Duration {
	if d, ok := parseInterval(m.Configuration[name]); ok {
		return d
	}
	return byDefault
}

var intervalUnits = map[string]time.Duration{
	"microsecond": time.Microsecond, "millisecond": time.Millisecond, "second": time.Second,
	"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// parseInterval reads "interval 1 week", "30 days 12 hours".
func parseInterval(text string) (time.Duration, bool) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, false
	}
	var sum time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		unit, ok := intervalUnits[strings.TrimSuffix(words[i+1], "s")]
		if err != nil || !ok || n < 0 || n > int64(1<<62)/int64(unit) {
			return 0, false
		}
		sum += time.Duration(n) * unit
	}
	return sum, sum >= 0
}

// checkProperties refuses values of known properties that have no meaning.
func (m *Metadata) checkProperties() error {
	for _, name := range []string{propLogRetention, propFileRetention, propTxnRetention} {
		if text, set := m.Configuration[name]; set {
			if _, ok := parseInterval(text); !ok {
				return errclass.DeltaInvalidInterval.New("table property %s: '%s' is not a valid INTERVAL.", name, text).
					WithHint("Write it like 'interval 30 days'.")
			}
		}
	}
	if text, set := m.Configuration[propCheckpointInterval]; set {
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n <= 0 {
			return errclass.InvalidOptionValue.New("table property %s = '%s' is no positive integer.",
				propCheckpointInterval, text)
		}
	}
	if err := m.checkStatsColumns(); err != nil {
		return err
	}
	if policy, set := m.Configuration[propCheckpointPolicy]; set && policy != "classic" && policy != "v2" {
		return errclass.InvalidOptionValue.New("table property %s = '%s' is neither classic nor v2.", propCheckpointPolicy, policy)
	}
	for _, name := range []string{propStatsAsText, propStatsAsStruct} {
		if _, err := strconv.ParseBool(m.Configuration[name]); m.Configuration[name] != "" && err != nil {
			return errclass.InvalidOptionValue.New("table property %s = '%s' is neither true nor false.", name, m.Configuration[name])
		}
	}
	if level := m.Configuration[propIsolation]; level != "" && isolationOf(m) == "" {
		return errclass.InvalidOptionValue.New("table property %s = '%s' is neither Serializable nor WriteSerializable.",
			propIsolation, level)
	}
	if propertyIs(propManifest, "true")(m) && propertyIs(propVectors, "true")(m) {
		return errclass.DeltaVectorsWithManifests.New("The validation of the properties of table has been violated: Symlink manifest generation is unsupported while deletion vectors are supported in the table.").
			WithHint("Set one of %s and %s to false.", propManifest, propVectors)
	}
	return nil
}
