package delta

import (
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// tableProperties checks the properties that a table is made with, and spells Delta's own as Delta does: letter case
// does not count in them, but their readers go by it. Those that begin otherwise are the user's.
func tableProperties(given map[string]string) (map[string]string, error) {
	if given == nil {
		return nil, nil
	}
	checked := make(map[string]string, len(given))
	for key, value := range given {
		spelled, err := propertyName(key)
		if err == nil {
			err = checkProperty(spelled, value)
		}
		if err != nil {
			return nil, err
		}
		checked[spelled] = value
	}
	return checked, nil
}

func propertyName(key string) (string, error) {
	lower := strings.ToLower(key)
	if !strings.HasPrefix(lower, "delta.") {
		return key, nil
	}
	for _, family := range propertyFamilies {
		if strings.HasPrefix(lower, strings.ToLower(family)) {
			return family + key[len(family):], nil
		}
	}
	for _, known := range propertyNames {
		if strings.EqualFold(known, key) {
			return known, nil
		}
	}
	return "", errclass.DeltaUnknownConfiguration.New("Unknown configuration was specified: %s", key).
		WithHint("%s", errclass.DidYouMean(key, propertyNames))
}

// checkProperty refuses a value that the log would not understand, and pass over.
func checkProperty(name, value string) error {
	invalid := func(rule string) error {
		return errclass.InvalidParameterValue.New("The value '%s' of the table property '%s' is invalid: it should be %s.", value, name, rule)
	}
	switch name {
	case "delta.appendOnly", "delta.enableExpiredLogCleanup", "delta.enableTypeWidening", "delta.enableChangeDataFeed":
		if _, err := strconv.ParseBool(strings.ToLower(value)); err != nil {
			return invalid("true or false")
		}
	case "delta.checkpointInterval":
		if n, err := strconv.Atoi(value); err != nil || n < 1 {
			return invalid("a positive number")
		}
	case "delta.dataSkippingNumIndexedCols":
		if n, err := strconv.Atoi(value); err != nil || n < -1 {
			return invalid("a number of columns, or -1 for all")
		}
	}
	return nil
}

// propertyFamilies begin the names that go on with a name of the table's.
var propertyFamilies = []string{"delta.constraints.", "delta.feature."}

// propertyNames are those of Delta 4.
var propertyNames = []string{
	"delta.appendOnly",
	"delta.autoOptimize",
	"delta.autoOptimize.autoCompact",
	"delta.autoOptimize.optimizeWrite",
	"delta.checkpoint.writeStatsAsJson",
	"delta.checkpoint.writeStatsAsStruct",
	"delta.checkpointInterval",
	"delta.checkpointPolicy",
	"delta.checkpointRetentionDuration",
	"delta.columnMapping.maxColumnId",
	"delta.columnMapping.mode",
	"delta.compatibility.symlinkFormatManifest.enabled",
	"delta.dataSkippingNumIndexedCols",
	"delta.dataSkippingStatsColumns",
	"delta.deletedFileRetentionDuration",
	"delta.enableChangeDataFeed",
	"delta.enableDeletionVectors",
	"delta.enableExpiredLogCleanup",
	"delta.enableFullRetentionRollback",
	"delta.enableIcebergCompatV1",
	"delta.enableIcebergCompatV2",
	"delta.enableInCommitTimestamps",
	"delta.enableRowTracking",
	"delta.enableTypeWidening",
	"delta.isolationLevel",
	"delta.logRetentionDuration",
	"delta.minReaderVersion",
	"delta.minWriterVersion",
	"delta.randomizeFilePrefixes",
	"delta.randomPrefixLength",
	"delta.sampleRetentionDuration",
	"delta.setTransactionRetentionDuration",
	"delta.targetFileSize",
	"delta.tuneFileSizesForRewrites",
	"delta.universalFormat.enabledFormats",
}
