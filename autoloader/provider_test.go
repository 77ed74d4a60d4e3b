package autoloader

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

const vol = "Volumes/main/default/vol/"

// testSpace is a session's root with the folders of the captured mistakes.
func testSpace(t *testing.T) *volumes.Space {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"json/a.json", "json2/b.json"} {
		file := filepath.Join(root, vol, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("{}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	space, err := volumes.NewSpace(root)
	if err != nil {
		t.Fatal(err)
	}
	return space
}

// The usual mistakes, with Spark's words for them, found at load.
func TestMistakesAreFoundAtLoad(t *testing.T) {
	const depth = "Base archive path cannot be set to the path where archived path can possibly match with source pattern. " +
		"Ensure the base archive path doesn't match with source pattern in depth, where the depth is minimum of depth on both paths."
	type options = map[string]string
	archive := func(dir string) options { return options{"cleanSource": "archive", "sourceArchiveDir": dir} }
	for _, c := range []struct {
		name, format, path string
		options            options
		class              errclass.Class
		text               string
	}{
		{"no path", "json", "", nil, errclass.PathRequired, "'path' is not specified."},
		{"missing folder", "json", "/" + vol + "nowhere", nil, errclass.PathNotFound, "Path does not exist: /Volumes/main/default/vol/nowhere."},
		{"glob without match", "json", "/" + vol + "x*", nil, errclass.PathNotFound, "Path does not exist: /Volumes/main/default/vol/x*."},
		{"a file", "json", "/" + vol + "json/a.json", nil, errclass.InvalidOption, "Option 'basePath' must be a directory"},
		{"cleanSource value", "json", "", options{"cleanSource": "move"}, errclass.InvalidOptionValue, "Invalid mode for clean source option Some(move). Must be one of ARCHIVE,DELETE,OFF"},
		{"archive without folder", "json", "", options{"cleanSource": "ARCHIVE"}, errclass.InvalidOption, "Archive mode must be used with 'sourceArchiveDir' option."},
		{"archive inside source", "json", "/" + vol + "json", archive("/" + vol + "json/archive"), errclass.InvalidOptionValue, depth},
		{"archive is source", "json", "/" + vol + "json", archive("/" + vol + "json"), errclass.InvalidOptionValue, depth},
		{"archive above source", "json", "/" + vol + "json", archive("/Volumes/main/default"), errclass.InvalidOptionValue, depth},
		{"archive matches glob", "json", "/" + vol + "json*", archive("/" + vol + "json_archive"), errclass.InvalidOptionValue, depth},
		{"archive on another store", "json", "/" + vol + "json", archive("/tmp/archive"), errclass.InvalidOptionValue, "Base archive path is located on a different file system than the source files."},
		{"archive elsewhere", "json", "/" + vol + "json", archive("hdfs://x/y"), errclass.UnsupportedFeature, "hdfs"},
		{"maxFilesPerTrigger abc", "json", "", options{"maxFilesPerTrigger": "abc"}, errclass.InvalidOptionValue, "Invalid value 'abc' for option 'maxFilesPerTrigger', must be a positive integer"},
		{"maxFilesPerTrigger 0", "json", "", options{"maxFilesPerTrigger": "0"}, errclass.InvalidOptionValue, "must be a positive integer"},
		{"maxFilesPerTrigger empty", "json", "", options{"maxFilesPerTrigger": ""}, errclass.InvalidOptionValue, "Invalid value '' for option"},
		{"both limits", "json", "", options{"maxFilesPerTrigger": "1", "maxBytesPerTrigger": "1"}, errclass.InvalidOption, "Options 'maxFilesPerTrigger' and 'maxBytesPerTrigger' can't be both set at the same time"},
		{"maxBytesPerTrigger 1k", "json", "", options{"maxBytesPerTrigger": "1k"}, errclass.InvalidOptionValue, "Invalid value '1k' for option 'maxBytesPerTrigger', must be a positive integer"},
		{"maxFileAge", "json", "", options{"maxFileAge": "7 fortnights"}, errclass.InvalidOptionValue, "Time must be specified as seconds (s)"},
		{"latestFirst", "json", "", options{"latestFirst": "perhaps"}, errclass.InvalidOptionValue, "Invalid value 'perhaps' for option 'latestFirst', must be 'true' or 'false'"},
		{"modifiedBefore", "json", "", options{"modifiedBefore": "2020-01-01"}, errclass.InvalidOption, "not allowed in file stream sources"},
		{"misspelled", "json", "", options{"maxFilePerTrigger": "1"}, errclass.InvalidOption, "Did you mean `maxFilesPerTrigger`?"},
		{"cloudFiles misspelled", "cloudFiles", "", options{"cloudFiles.format": "json", "cloudFiles.maxFilePerTrigger": "1"}, errclass.CloudFilesUnknownOptions, "Did you mean `cloudFiles.maxFilesPerTrigger`?"},
		{"cloudFiles without format", "cloudFiles", "", nil, errclass.InvalidOption, "'cloudFiles.format' is required"},
		{"both ways of cleaning", "cloudFiles", "", options{"cloudFiles.format": "json", "cleanSource": "delete", "cloudFiles.cleanSource": "DELETE"}, errclass.InvalidOption, "can't be both set"},
		{"DELETE too early", "cloudFiles", "", options{"cloudFiles.format": "json", "cloudFiles.cleanSource": "delete", "cloudFiles.cleanSource.retentionDuration": "6 days"}, errclass.InvalidOptionValue, "at least 7 days"},
		{"MOVE to nowhere", "cloudFiles", "", options{"cloudFiles.format": "json", "cloudFiles.cleanSource": "move"}, errclass.InvalidOption, "needs 'cloudFiles.cleanSource.moveDestination'"},
		{"MOVE into the source", "cloudFiles", "/" + vol + "json", options{"cloudFiles.format": "json", "cloudFiles.cleanSource": "move", "cloudFiles.cleanSource.moveDestination": "/" + vol + "json/done"}, errclass.InvalidOptionValue, "lies in the source"},
		{"destination without MOVE", "cloudFiles", "", options{"cloudFiles.format": "json", "cloudFiles.cleanSource.moveDestination": "/x"}, errclass.InvalidOption, "needs 'cloudFiles.cleanSource'"},
		{"modifiedAfter", "cloudFiles", "/" + vol + "json", options{"cloudFiles.format": "json", "modifiedAfter": "yesterday"}, errclass.InvalidOptionValue, "must be a timestamp"},
		{"names and overwrites", "cloudFiles", "", options{"cloudFiles.format": "json", "fileNameOnly": "true", "cloudFiles.allowOverwrites": "true"}, errclass.InvalidOption, "can't be both set"},
		{"a cloud's queue", "cloudFiles", "", options{"cloudFiles.format": "json", "cloudFiles.queueUrl": "https://sqs/q"}, errclass.InvalidOption, "cloudFiles.useNotifications"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts, err := ParseOptions(c.format, c.options, files.OptionTable)
			if err == nil {
				_, err = New(t.Context(), c.format, Config{Space: testSpace(t), Path: c.path, Options: opts, Schema: lineSchema, Decoder: lines{}})
			}
			if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got  %v\nwant [%s] … %s …", err, c.class, c.text)
			}
		})
	}
}

func TestOptionsUnderBothNames(t *testing.T) {
	for _, c := range []struct {
		name, source string
		given        map[string]string
		want         Options
	}{
		{"none", "JSON", nil, Options{Format: "json", MaxFileAge: 7 * 24 * time.Hour}},
		{
			"Spark's", "json",
			map[string]string{"MaxFilesPerTrigger": "5", "SourceArchiveDir": "/a", "cleansource": "Archive", "multiLine": "true", "path": "/p", "inferSchema": "true"},
			Options{
				Format: "json", FormatOptions: map[string]string{"multiLine": "true", "inferSchema": "true"}, MaxFilesPerTrigger: 5,
				CleanSource: CleanArchive, SourceArchiveDir: "/a", MaxFileAge: 7 * 24 * time.Hour,
			},
		},
		{
			"Auto Loader's", "cloudfiles",
			map[string]string{"cloudFiles.format": "JSON", "multiLine": "true"},
			Options{Format: "json", FormatOptions: map[string]string{"multiLine": "true"}, MaxFilesPerTrigger: 1000, SoftMaxBytes: true, LooseGlobs: true, MaxFileAge: forever},
		},
		{
			"Auto Loader's without the prefix", "cloudFiles",
			map[string]string{"cloudFiles.format": "json", "maxFilesPerTrigger": "5", "cloudFiles.maxBytesPerTrigger": "10g", "cloudFiles.includeExistingFiles": "false"},
			Options{Format: "json", MaxFilesPerTrigger: 5, MaxBytesPerTrigger: 10 << 30, SoftMaxBytes: true, LooseGlobs: true, MaxFileAge: forever, SkipExisting: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseOptions(c.source, c.given, files.OptionTable)
			if err != nil {
				t.Fatal(err)
			}
			c.want.MaxCachedFiles, c.want.DiscardCachedInputRatio = 10_000, 0.2
			if c.want.FormatOptions == nil {
				c.want.FormatOptions = map[string]string{}
			}
			equal(t, "options", got, c.want)
		})
	}
}

// Without a schema there is no stream.
func TestASchemaIsRequired(t *testing.T) {
	_, err := New(t.Context(), "json", Config{Space: testSpace(t), Path: "/" + vol + "json"})
	if !errors.Is(err, errclass.StreamSchemaRequired) {
		t.Fatalf("got %v", err)
	}
}

// The source says its name as Spark and Auto Loader do.
func TestDescription(t *testing.T) {
	for source, want := range map[string]string{
		"json":       "FileStreamSource[file:/Volumes/main/default/vol/json]",
		"cloudFiles": "CloudFilesSource[/Volumes/main/default/vol/json]",
	} {
		p, err := New(t.Context(), source, Config{Space: testSpace(t), Path: "/" + vol + "json", Schema: lineSchema, Decoder: lines{}})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "description", p.String(), want)
	}
}
