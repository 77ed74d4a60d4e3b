package medallion

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/console"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/connector/filesink"
	"lakehouse/internal/connector/kafka"
	"lakehouse/internal/connector/rate"
	"lakehouse/internal/connector/socket"
	"lakehouse/internal/connector/statestore"
	"lakehouse/internal/option"
	"lakehouse/volumes/s3"
)

var rewrite = flag.Bool("rewrite", false, "write OPTIONS.md")

const optionsHead = `# Options and settings

Made from the tables that parse them; ` + "`make golden`" + ` writes it anew. Names are matched in any letter case. An unknown name, a
value that makes no sense and an option that is not supported are errors, with the nearest name or the way out.
`

// OPTIONS.md says what the tables say.
func TestOptionsGolden(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(optionsHead)
	for _, section := range optionSections(t) {
		fmt.Fprintf(&doc, "\n## %s\n\n%s\n\n", section.title, section.intro)
		writeOptions(&doc, section.table)
	}
	path := filepath.Join("..", "OPTIONS.md")
	if *rewrite {
		if err := os.WriteFile(path, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != doc.String() {
		t.Errorf("OPTIONS.md is stale: run make golden (first difference: %s)", firstDifference(string(have), doc.String()))
	}
}

type optionSection struct {
	title, intro string
	table        option.Table
}

func optionSections(t *testing.T) []optionSection {
	format := func(name string) option.Table {
		table, err := files.OptionTable(name)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	written := func(name string) option.Table {
		table, err := filesink.OptionTable(name)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	return []optionSection{
		{"Streams of files", "`ReadStream().Format(\"json\")`, `csv`, `xml`, `text`, `parquet`, `avro`, `orc` or `binaryFile`, besides the format's own options.", autoloader.FileOptions},
		{"Auto Loader", "`ReadStream().Format(\"cloudFiles\")`, besides the options of its `cloudFiles.format`.", autoloader.CloudFilesOptions},
		{"Files at rest", "`Read().Format(\"json\")`, `csv`, `xml`, `text`, `parquet`, `avro`, `orc` or `binaryFile`, besides the format's own options.", files.SourceOptionTable},
		{"Format json", "Streams and files at rest.", format("json")},
		{"Format csv", "Streams and files at rest.", format("csv")},
		{"Format text", "Streams and files at rest.", format("text")},
		{"Format parquet", "Streams and files at rest.", format("parquet")},
		{"Format xml", "Streams and files at rest.", format("xml")},
		{"Format avro", "Streams and files at rest.", format("avro")},
		{"Format orc", "Streams and files at rest.", format("orc")},
		{"Format binaryFile", "Streams and files at rest.", format("binaryFile")},
		{"COPY INTO", "COPY_OPTIONS; FORMAT_OPTIONS are those of files at rest and of the format.", copyOptions},
		{"Delta, read", "`Read().Format(\"delta\")` and `Read().Table(…)`.", delta.ReadOptionTable},
		{"Delta, streams from a table", "`ReadStream().Format(\"delta\")` and `ReadStream().Table(…)`.", delta.StreamOptionTable},
		{"Delta, write", "`Write()`, and `WriteStream()` into a table.", delta.WriteOptionTable},
		{"Files, write: parquet", "`Write().Format(\"parquet\")`, and `WriteStream()` into such files.", written("parquet")},
		{"Files, write: json", "`Write().Format(\"json\")`, and `WriteStream()` into such files.", written("json")},
		{"Files, write: csv", "`Write().Format(\"csv\")`, and `WriteStream()` into such files.", written("csv")},
		{"Files, write: text", "`Write().Format(\"text\")`, and `WriteStream()` into such files.", written("text")},
		{"Files, write: streams only", "`WriteStream()` into files of any format.", filesink.StreamOnlyOptions},
		{"Streams, write", "`WriteStream()`, whatever the sink.", streamOptions},
		{"Console sink", "`WriteStream().Format(\"console\")`.", console.OptionTable},
		{"State of a query", "`Read().Format(\"statestore\").Load(checkpoint)`, and `state('checkpoint', option => value, …)` in SQL, where `operator` and `store` may stand for `operatorId` and `storeName`.", statestore.OptionTable},
		{"Stateful operators of a query", "`Read().Format(\"state-metadata\").Load(checkpoint)`, and `state_metadata('checkpoint')` in SQL.", statestore.MetadataOptionTable},
		{"Kafka, read", "`Read()` and `ReadStream()` of `Format(\"kafka\")`. Options of batches alone and of streams alone are refused or warned of elsewhere.", kafka.SourceOptionTable},
		{"Kafka, write", "`Write()` and `WriteStream()` of `Format(\"kafka\")`. Columns: value, and if wanted key, topic, headers, partition.", kafka.SinkOptionTable},
		{"Source rate", "`ReadStream().Format(\"rate\")`.", rate.OptionTable},
		{"Source rate-micro-batch", "`ReadStream().Format(\"rate-micro-batch\")`.", rate.MicroBatchOptionTable},
		{"Source socket", "`ReadStream().Format(\"socket\")`.", socket.OptionTable},
		{"Session settings", "`SET key = value` in SQL, `Session.SetConf`, `Options.Conf`. Their names are matched as written.", settings},
		{"Buckets", "Session settings by Hadoop's names, also with `spark.hadoop.` before them, and for one bucket as `fs.s3a.bucket.NAME.…`. They hold for `s3://`, `s3a://` and `s3n://`. What is not set comes from where the tools of AWS have it.", s3.Settings},
	}
}

func writeOptions(w *strings.Builder, table option.Table) {
	w.WriteString("| option | value | default | |\n|---|---|---|---|\n")
	var refused []option.Spec
	for _, s := range table {
		if s.Unsupported != "" {
			refused = append(refused, s)
			continue
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", s.Name, cell(valueOf(s)), code(s.Default), cell(s.Doc))
	}
	if len(refused) == 0 {
		return
	}
	w.WriteString("\nKnown and refused:\n\n")
	for _, s := range refused {
		fmt.Fprintf(w, "- `%s`: %s\n", s.Name, s.Unsupported)
	}
}

func valueOf(s option.Spec) string {
	switch s.Kind {
	case option.Text:
		return "text"
	case option.Bool:
		return "true, false"
	case option.Positive:
		return "number from 1"
	case option.Count:
		return "number from 0"
	case option.Bytes:
		return "bytes: 1024, 10k, 5m, 1g"
	case option.Duration:
		return "time: 50s, 7d, 10 minutes"
	case option.Enum:
		return strings.Join(s.Values, ", ")
	}
	return ""
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + strings.NewReplacer("|", `\|`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + "`"
}

func firstDifference(have, want string) string {
	a, b := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d has %q, want %q", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// Every option that a user may give is told in a sentence, and the settings' table tells their true defaults.
func TestOptionsAreDocumented(t *testing.T) {
	for _, section := range optionSections(t) {
		for _, s := range section.table {
			if s.Doc == "" && s.Unsupported == "" {
				t.Errorf("%s: %s has no Doc", section.title, s.Name)
			}
		}
	}
	for key, value := range defaultConf() {
		i := slices.IndexFunc(settings, func(s option.Spec) bool { return s.Name == key })
		if i < 0 {
			t.Errorf("setting %s is not documented", key)
		} else if settings[i].Default != "" && settings[i].Default != value {
			t.Errorf("setting %s: default %s, documented %s", key, value, settings[i].Default)
		}
	}
}
