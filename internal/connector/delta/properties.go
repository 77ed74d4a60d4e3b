package delta

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/deltalog"
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
		if err := reservedProperty(key); err != nil {
			return nil, err
		}
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

// reservedProperty refuses the names of what a table is told by clauses of its own.
func reservedProperty(key string) error {
	instead := map[string]string{
		"location": "please use the LOCATION clause to specify it", "provider": "please use the USING clause to specify it",
		"external": "please use CREATE EXTERNAL TABLE", "owner": "it will be set to the current user",
	}
	if way, reserved := instead[key]; reserved {
		return errclass.UnsupportedFeature.New("The feature is not supported: %s is a reserved table property, %s.", key, way)
	}
	if key == "clusteringColumns" {
		return errclass.DeltaCannotModify.New("The Delta table configuration %s cannot be specified by the user", key).WithHint("ALTER TABLE … CLUSTER BY (…) does so.")
	}
	return nil
}

// propertyName spells a property. Constraints are kept in lower case, features as they are called.
func propertyName(key string) (string, error) {
	lower := strings.ToLower(key)
	if !strings.HasPrefix(lower, "delta.") {
		return key, nil
	}
	if name, ok := strings.CutPrefix(lower, constraintPrefix); ok {
		return constraintPrefix + name, nil
	}
	if strings.HasPrefix(lower, featurePrefix) {
		return featureProperty(key[len(featurePrefix):])
	}
	for _, known := range Properties {
		if strings.EqualFold(known.Name, key) {
			return known.Name, nil
		}
	}
	return "", errclass.DeltaUnknownConfiguration.New("Unknown configuration was specified: %s", key).
		WithHint("%s", errclass.DidYouMean(key, propertyNames()))
}

// featurePrefix begins the property that turns a table feature on.
const featurePrefix = "delta.feature."

// featureProperty spells the name of a feature, which letter case does not count in.
func featureProperty(name string) (string, error) {
	all := deltalog.FeatureNames()
	i := slices.IndexFunc(all, func(known string) bool { return strings.EqualFold(known, name) })
	if i < 0 {
		return "", errclass.DeltaUnknownFeature.New("Table features configured in the following Spark configs or Delta table properties are not recognized by this version of Delta Lake: %s%s.", featurePrefix, name).
			WithHint("%s", errclass.DidYouMean(name, all))
	}
	return featurePrefix + all[i], nil
}

// checkProperty refuses a value that the log would not understand, and pass over.
func checkProperty(name, value string) error {
	if strings.HasPrefix(name, featurePrefix) {
		if v := strings.ToLower(value); v != "supported" && v != "enabled" {
			return errclass.DeltaFeatureStatus.New("Expecting the status for table feature %s to be \"supported\", but got \"%s\".", name[len(featurePrefix):], value)
		}
		return nil
	}
	for _, known := range Properties {
		if known.Name != name {
			continue
		}
		if known.Unsettable {
			return errclass.DeltaCannotModify.New("The Delta table configuration %s cannot be specified by the user", name)
		}
		if known.Refused != "" && value != "" && !strings.EqualFold(value, "false") {
			return errclass.UnsupportedFeature.New("The table property '%s' = '%s' is not supported: %s.", name, value, known.Refused)
		}
		if rule := known.broken(value); rule != "" {
			return errclass.InvalidParameterValue.New("The value '%s' of the table property '%s' is invalid: it should be %s.", value, name, rule)
		}
	}
	return nil
}

// A PropertyKind is what a table property's values are.
type PropertyKind uint8

// The kinds of properties.
const (
	PropertyText     PropertyKind = iota
	PropertyBool                  // true or false
	PropertyCount                 // a positive number
	PropertyColumns               // a number of columns, or -1 for all
	PropertyInterval              // interval 30 days
	PropertyBytes                 // a number of bytes, also with a unit: 100mb
	PropertyEnum                  // one of the values
)

// A Property is one that Delta gives a meaning.
type Property struct {
	Name       string
	Kind       PropertyKind
	Values     []string // of PropertyEnum
	Default    string
	Unsettable bool   // Delta's own book-keeping
	Refused    string // why it cannot be turned on
	Doc        string
}

// broken is the rule that a value breaks; empty: none.
func (p *Property) broken(value string) string {
	switch p.Kind {
	case PropertyBool:
		if _, err := strconv.ParseBool(strings.ToLower(value)); err != nil || len(value) < 4 {
			return "true or false"
		}
	case PropertyCount:
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < 1 {
			return "a positive number"
		}
	case PropertyColumns:
		if n, err := strconv.Atoi(value); err != nil || n < -1 {
			return "a number of columns, or -1 for all"
		}
	case PropertyBytes:
		if strings.Trim(strings.ToLower(value), "0123456789kmgtpb") != "" || value == "" || value[0] < '0' || value[0] > '9' {
			return "a number of bytes"
		}
	case PropertyEnum:
		if !slices.ContainsFunc(p.Values, func(v string) bool { return strings.EqualFold(v, value) }) {
			return strings.Join(p.Values[:len(p.Values)-1], ", ") + " or " + p.Values[len(p.Values)-1]
		}
	case PropertyInterval: // the log checks them
	case PropertyText:
	}
	return ""
}

// IsBookKeeping reports whether a property is one that Delta sets by itself.
func IsBookKeeping(name string) bool {
	return slices.ContainsFunc(Properties, func(p Property) bool { return p.Unsettable && p.Name == name })
}

// withoutProtocol are the properties of a request that stay in the table's: the others became its protocol.
func withoutProtocol(given map[string]string) map[string]string {
	kept := cloned(given)
	maps.DeleteFunc(kept, func(name, _ string) bool {
		return strings.HasPrefix(name, featurePrefix) || name == "delta.minReaderVersion" || name == "delta.minWriterVersion"
	})
	return kept
}

func propertyNames() []string {
	names := make([]string, len(Properties))
	for i, p := range Properties {
		names[i] = p.Name
	}
	return names
}

// Properties are the table properties of Delta 4, by name.
var Properties = []Property{
	{Name: "delta.appendOnly", Kind: PropertyBool, Default: "false", Doc: "Rows are only added: they are neither changed nor removed."},
	{Name: "delta.autoOptimize", Kind: PropertyBool, Default: "false", Doc: "An old name of delta.autoOptimize.autoCompact and optimizeWrite together."},
	{Name: "delta.autoOptimize.autoCompact", Kind: PropertyEnum, Values: []string{"true", "false", "auto", "legacy"}, Default: "false", Doc: "Small files are put together behind a write."},
	{Name: "delta.autoOptimize.optimizeWrite", Kind: PropertyBool, Default: "false", Doc: "Writes make fewer and larger files."},
	{Name: "delta.checkpoint.writeStatsAsJson", Kind: PropertyBool, Default: "true", Doc: "Checkpoints hold statistics as JSON."},
	{Name: "delta.checkpoint.writeStatsAsStruct", Kind: PropertyBool, Default: "true", Doc: "Checkpoints hold statistics as columns."},
	{Name: "delta.checkpointInterval", Kind: PropertyCount, Default: "10", Doc: "A checkpoint follows each so many versions."},
	{Name: "delta.checkpointPolicy", Kind: PropertyEnum, Values: []string{"classic", "v2"}, Default: "classic", Doc: "Which checkpoints are written."},
	{Name: "delta.checkpointRetentionDuration", Kind: PropertyInterval, Default: "interval 2 days", Doc: "It has no effect, as in Delta: checkpoints leave the log with its versions, by delta.logRetentionDuration."},
	{Name: "delta.columnMapping.maxColumnId", Kind: PropertyCount, Unsettable: true, Doc: "The greatest id that was given to a column."},
	{Name: "delta.columnMapping.mode", Kind: PropertyEnum, Values: []string{"none", "name", "id"}, Default: "none", Doc: "By what columns are found in data files; name allows to rename and drop them."},
	{Name: "delta.compatibility.symlinkFormatManifest.enabled", Kind: PropertyBool, Default: "false", Doc: "Manifests for other readers follow each write."},
	{Name: "delta.dataSkippingNumIndexedCols", Kind: PropertyColumns, Default: "32", Doc: "Of how many columns files have statistics; -1: of all."},
	{Name: "delta.dataSkippingStatsColumns", Doc: "Of which columns files have statistics; it goes before the number."},
	{Name: "delta.deletedFileRetentionDuration", Kind: PropertyInterval, Default: "interval 1 week", Doc: "How long files that the table has no more are kept for who still reads them."},
	{Name: "delta.enableChangeDataFeed", Kind: PropertyBool, Default: "false", Doc: "What changes is recorded, for readChangeFeed and table_changes."},
	{Name: "delta.enableDeletionVectors", Kind: PropertyBool, Default: "false", Doc: "Rows are removed by a mark, and files are not written anew."},
	{Name: "delta.enableExpiredLogCleanup", Kind: PropertyBool, Default: "true", Doc: "Old versions leave the log when a checkpoint is written."},
	{Name: "delta.enableFullRetentionRollback", Kind: PropertyBool, Default: "true", Doc: "It has no effect, as in Delta: versions are kept by delta.logRetentionDuration, and each can be restored."},
	{Name: "delta.enableIcebergCompatV1", Kind: PropertyBool, Default: "false", Doc: "Writers keep to what Iceberg v1 readers can follow."},
	{Name: "delta.enableIcebergCompatV2", Kind: PropertyBool, Default: "false", Doc: "Writers keep to what Iceberg v2 readers can follow."},
	{Name: "delta.enableInCommitTimestamps", Kind: PropertyBool, Default: "false", Doc: "Versions hold their time, and do not go by their files'."},
	{Name: "delta.enableMaterializePartitionColumnsFeature", Kind: PropertyBool, Doc: "Gives the table the feature materializePartitionColumns: data files hold the partition columns, too."},
	{Name: "delta.enableRowTracking", Kind: PropertyBool, Default: "false", Doc: "Rows have ids that they keep."},
	{Name: "delta.enableTypeWidening", Kind: PropertyBool, Default: "false", Doc: "Types of columns may become wider."},
	{Name: "delta.enableVariantShredding", Kind: PropertyBool, Default: "false", Doc: "Data files may hold parts of variants as columns: such files are read; those written here hold variants whole."},
	{Name: "delta.inCommitTimestampEnablementTimestamp", Kind: PropertyCount, Unsettable: true, Doc: "Since when versions hold their time."},
	{Name: "delta.inCommitTimestampEnablementVersion", Kind: PropertyCount, Unsettable: true, Doc: "Since which version they do."},
	{Name: "delta.isolationLevel", Kind: PropertyEnum, Values: []string{"Serializable", "WriteSerializable"}, Default: "WriteSerializable", Doc: "Which changes at the same time conflict."},
	{Name: "delta.logRetentionDuration", Kind: PropertyInterval, Default: "interval 30 days", Doc: "How long versions are kept."},
	{Name: "delta.minReaderVersion", Kind: PropertyCount, Doc: "The least protocol that the table shall have."},
	{Name: "delta.minWriterVersion", Kind: PropertyCount, Doc: "Likewise for writers."},
	{Name: "delta.randomizeFilePrefixes", Kind: PropertyBool, Default: "false", Doc: "Data files lie in folders of random names, and not in those of their partitions."},
	{Name: "delta.randomPrefixLength", Kind: PropertyCount, Default: "2", Doc: "How long these names are; at most 64."},
	{Name: "delta.requireCheckpointProtectionBeforeVersion", Kind: PropertyColumns, Unsettable: true, Doc: "Checkpoints before this version are kept."},
	{Name: "delta.rowTracking.materializedRowCommitVersionColumnName", Unsettable: true, Doc: "The column of data files that holds the versions of rows."},
	{Name: "delta.rowTracking.materializedRowIdColumnName", Unsettable: true, Doc: "The column of data files that holds the ids of rows."},
	{Name: "delta.rowTrackingSuspended", Kind: PropertyBool, Default: "false", Doc: "New rows get no ids for the time being."},
	{Name: "delta.sampleRetentionDuration", Kind: PropertyInterval, Default: "interval 7 days", Doc: "It has no effect, as in Delta: no samples are kept."},
	{Name: "delta.setTransactionRetentionDuration", Kind: PropertyInterval, Doc: "How long an application's last version is remembered; without it, for ever."},
	{Name: "delta.targetFileSize", Kind: PropertyBytes, Doc: "About how large OPTIMIZE makes files."},
	{Name: "delta.universalFormat.enabledFormats", Refused: "no metadata of other formats is written", Doc: "Of Databricks: it is refused where it is turned on."},
	{Name: "delta.writePartitionColumnsToParquet", Kind: PropertyBool, Default: "false", Doc: "Data files hold the partition columns, too."},
}
