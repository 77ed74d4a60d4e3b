package medallion

import (
	"slices"
	"strconv"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/option"
)

// The settings of the statements that keep a table in order.
const (
	confRetentionCheck   = "spark.databricks.delta.retentionDurationCheck.enabled"
	confVacuumLite       = "spark.databricks.delta.vacuum.lite.enabled"
	confVacuumHistory    = "spark.databricks.delta.vacuum.logging.enabled"
	confVacuumWorkers    = "spark.databricks.delta.vacuum.parallelDelete.parallelism"
	confIgnoreMissing    = "spark.sql.files.ignoreMissingFiles"
	confOptimizeMinSize  = "spark.databricks.delta.optimize.minFileSize"
	confOptimizeMaxSize  = "spark.databricks.delta.optimize.maxFileSize"
	confZOrderCheckStats = "spark.databricks.delta.optimize.zorder.checkStatsCollection.enabled"
	confAutoCompact      = "spark.databricks.delta.autoCompact.enabled"
	confAutoCompactFiles = "spark.databricks.delta.autoCompact.minNumFiles"
	confAutoCompactSize  = "spark.databricks.delta.autoCompact.maxFileSize"
	confOptimizeWrite    = "spark.databricks.delta.optimizeWrite.enabled"
)

// maintenanceSettings documents them.
var maintenanceSettings = option.Table{
	{Name: confRetentionCheck, Kind: option.Bool, Default: "true", Doc: "Whether VACUUM refuses a retention that is shorter than the table's own."},
	{Name: confVacuumLite, Kind: option.Bool, Default: "false", Doc: "Whether VACUUM without FULL or LITE is LITE."},
	{Name: confVacuumHistory, Kind: option.Bool, Default: "true", Doc: "Whether VACUUM tells of itself in the table's history."},
	{Name: confVacuumWorkers, Kind: option.Positive, Default: "8", Doc: "How many files VACUUM deletes side by side."},
	{Name: confIgnoreMissing, Kind: option.Bool, Default: "false", Doc: "Whether RESTORE takes back a version whose files are not all there."},
	{Name: confOptimizeMinSize, Kind: option.Bytes, Default: "1g", Doc: "OPTIMIZE puts files together that are smaller than this."},
	{Name: confOptimizeMaxSize, Kind: option.Bytes, Default: "1g", Doc: "About how large OPTIMIZE makes a file."},
	{Name: confZOrderCheckStats, Kind: option.Bool, Default: "true", Doc: "Whether OPTIMIZE … ZORDER BY refuses columns that have no statistics."},
	{Name: confElsewhere, Doc: "Folders, with commas between them, in which a table's log may name files by absolute paths, as shallow clones do; those of the table, and of the one that it was cloned from in this lake, are allowed."},
	{Name: confAutoCompact, Kind: option.Enum, Values: []string{"true", "false", "auto"}, Doc: "Whether a write is followed by a compaction of small files; by default as the table's property delta.autoOptimize.autoCompact says."},
	{Name: confAutoCompactFiles, Kind: option.Positive, Default: "50", Doc: "How many small files there must be for such a compaction."},
	{Name: confAutoCompactSize, Kind: option.Bytes, Default: "128m", Doc: "About how large such a compaction makes a file."},
	{Name: confOptimizeWrite, Kind: option.Bool, Doc: "Whether writes make fewer and larger files; by default as the table's property delta.autoOptimize.optimizeWrite says. The option optimizeWrite of a write goes before both."},
}

// tabledSettings are those that are checked by their tables.
func tabledSettings() option.Table {
	return slices.Concat(streamSettings, maintenanceSettings, writeSettings)
}

// confOr is a setting, or its default where it is not set.
func (s *Session) confOr(key string) string {
	if value := s.Conf(key); value != "" {
		return value
	}
	for _, spec := range maintenanceSettings {
		if spec.Name == key {
			return spec.Default
		}
	}
	return ""
}

func (s *Session) confIs(key string) bool { return s.confOr(key) == "true" }

func (s *Session) confSize(key string) int64 {
	n, _ := option.ParseBytes(s.confOr(key)) // SetConf has checked it
	return n
}

// autoCompaction is what the settings say of compactions after writes.
func (s *Session) autoCompaction() delta.AutoCompaction {
	files, _ := strconv.Atoi(s.confOr(confAutoCompactFiles)) // SetConf has checked it
	return delta.AutoCompaction{Enabled: s.Conf(confAutoCompact), MinFiles: files, MaxFileSize: s.confSize(confAutoCompactSize)}
}
