package medallion

import (
	"fmt"
	"maps"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/option"
)

// The settings by which statements, which have no options, say what a writer says by options.
const (
	confTxnApp       = "spark.databricks.delta.write.txnAppId"
	confTxnVersion   = "spark.databricks.delta.write.txnVersion"
	confUserMetadata = "spark.databricks.delta.commitInfo.userMetadata"
)

// writeSettings documents the settings of writes.
var writeSettings = option.Table{
	{Name: delta.AutoMergeSetting, Kind: option.Bool, Default: "false", Doc: "Whether every write and every MERGE adds columns that the table lacks. The option mergeSchema of a write goes before it."},
	{Name: delta.PartitionOverwriteSetting, Kind: option.Enum, Values: []string{"static", "dynamic"}, Default: "static", Doc: "Whether an overwrite, of a table or of a folder of files, replaces all that its PARTITION names, or the partitions that it writes. The option partitionOverwriteMode of a write goes before it."},
	{Name: delta.WideningSetting, Kind: option.Enum, Values: []string{"same_family_type", "always", "never"}, Default: "same_family_type", Doc: "Which wider types schema evolution gives the columns of a table with delta.enableTypeWidening."},
	{Name: confTxnApp, Doc: "With the next, names the writer of statements, whose writes of one version count once."},
	{Name: confTxnVersion, Kind: option.Count, Doc: "The version of the writer's next statement."},
	{Name: confUserMetadata, Doc: "A text that goes into the history with each write that has no option userMetadata."},
}

// writeSettings are what the settings say of each write.
func (s *Session) writeSettings() delta.SessionSettings {
	return delta.SessionSettings{
		Workers: s.confInt(confWorkers), Eval: s.evalContext(), AutoCompact: s.autoCompaction(), OptimizeWrite: s.Conf(confOptimizeWrite),
		Widening: delta.Widening(s.Conf(delta.WideningSetting)), AutoMerge: s.autoMerge(), PartitionOverwrite: s.Conf(delta.PartitionOverwriteSetting),
	}
}

func (s *Session) autoMerge() bool { return s.Conf(delta.AutoMergeSetting) == "true" }

// insertOptions are those of statements that write.
func (s *Session) insertOptions() (option.Values, error) { return s.writeOptions(nil) }

// writeOptions are options that were given, and what the settings say of others.
func (s *Session) writeOptions(given map[string]string) (option.Values, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	options := map[string]string{}
	for name, conf := range map[string]string{"txnAppId": confTxnApp, "txnVersion": confTxnVersion, "userMetadata": confUserMetadata} {
		if value, ok := s.conf[conf]; ok {
			options[name] = value
		}
	}
	if s.writer != nil {
		options["txnAppId"], options["txnVersion"] = s.writer.app, fmt.Sprint(s.writer.version)
	}
	maps.Copy(options, given)
	return delta.WriteOptionTable.Parse(options)
}
