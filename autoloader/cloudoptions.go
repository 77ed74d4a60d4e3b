package autoloader

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// Inference says where the columns of a stream come from when no schema is given, and what becomes of fields that
// the schema lacks.
type Inference struct {
	SchemaLocation string // a path as users write it
	Hints          string // DDL with dotted names
	ColumnTypes    bool   // json, csv, xml: types, not strings

	Evolution   EvolutionMode
	GoOn        bool     // the query goes on by itself with the wider schema
	Partitioned bool     // PartitionColumns were named
	Partitions  []string // the columns of key=value folders
}

// An EvolutionMode says what becomes of fields that the schema lacks.
type EvolutionMode uint8

// The modes. The zero value stands for the default: AddNewColumns without a schema, EvolveNever with one.
const (
	EvolveByDefault EvolutionMode = iota
	AddNewColumns
	AddNewColumnsWithTypeWidening
	Rescue
	FailOnNewColumns
	EvolveNever
)

var evolutionModes = []string{"", "addNewColumns", "addNewColumnsWithTypeWidening", "rescue", "failOnNewColumns", "none"}

// String is the mode's name.
func (m EvolutionMode) String() string { return evolutionModes[m] }

// adds tells that new fields become columns.
func (m EvolutionMode) adds() bool { return m == AddNewColumns || m == AddNewColumnsWithTypeWidening }

func parseCloudFiles(given map[string]string, formats func(string) (option.Table, error)) (Options, error) {
	name := lookup(given, "cloudFiles.format")
	if name == "" {
		return Options{}, errclass.InvalidOption.New("option 'cloudFiles.format' is required.").
			WithHint("Say what the files hold: json, csv, text, parquet ….")
	}
	format, err := formats(name)
	if err != nil {
		return Options{}, err
	}
	table := join(CloudFilesOptions, format)
	given, unchecked, err := known(table, given)
	if err != nil {
		return Options{}, err
	}
	v, err := table.Parse(given)
	if err != nil {
		return Options{}, err
	}
	opts := Options{Format: strings.ToLower(name), FormatOptions: formatOptions(given, CloudFilesOptions), SoftMaxBytes: true, Unchecked: unchecked}
	if err := opts.readFileOptions(v); err != nil {
		return Options{}, err
	}
	opts.MaxFilesPerTrigger = v.Int(either(v, "cloudFiles.maxFilesPerTrigger", "maxFilesPerTrigger"))
	opts.MaxBytesPerTrigger = v.Bytes(either(v, "cloudFiles.maxBytesPerTrigger", "maxBytesPerTrigger"))
	opts.SkipExisting = !v.Bool("cloudFiles.includeExistingFiles")
	opts.AllowOverwrites = v.Bool("cloudFiles.allowOverwrites")
	opts.ModifiedAfter, opts.ModifiedBefore = v.String("modifiedAfter"), v.String("modifiedBefore")
	opts.Notifications = v.Bool("cloudFiles.useNotifications")
	opts.BackfillInterval = v.Duration("cloudFiles.backfillInterval")
	opts.LooseGlobs = !v.Bool("cloudFiles.useStrictGlobber")
	opts.MaxFileAge = forever
	if age := either(v, "cloudFiles.maxFileAge", "maxFileAge"); v.Has(age) {
		opts.MaxFileAge = v.Duration(age)
	}
	opts.Inference = parseInference(v)
	if opts.AllowOverwrites && opts.FileNameOnly {
		return Options{}, errclass.InvalidOption.New("options 'cloudFiles.allowOverwrites' and 'fileNameOnly' can't be both set at the same time: two files of one name would overwrite each other for ever.")
	}
	return opts, opts.readRetention(v)
}

// known leaves out the options that nobody knows, where validateOptions = false allows them; else they are an error.
func known(table option.Table, given map[string]string) (rest map[string]string, unknown []string, err error) {
	for name := range given {
		if !table.Knows(name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return given, nil, nil
	}
	slices.Sort(unknown)
	if !strings.EqualFold(lookup(given, "cloudFiles.validateOptions"), "false") {
		near := errclass.DidYouMean(unknown[0], table.Names())
		return nil, nil, errclass.CloudFilesUnknownOptions.New("Found unknown option keys: %s. Please make sure that all provided option keys are correct.",
			strings.Join(unknown, ", ")).
			WithHint("%s", strings.TrimSpace(near+` To ignore them, set option("cloudFiles.validateOptions", "false").`))
	}
	rest = maps.Clone(given)
	for _, name := range unknown {
		delete(rest, name)
	}
	return rest, unknown, nil
}

func parseInference(v option.Values) Inference {
	in := Inference{
		SchemaLocation: v.String("cloudFiles.schemaLocation"),
		Hints:          v.String("cloudFiles.schemaHints"),
		ColumnTypes:    v.Bool("cloudFiles.inferColumnTypes"),
		Evolution:      EvolutionMode(slices.Index(evolutionModes, v.String("cloudFiles.schemaEvolutionMode"))),
		GoOn:           v.String("cloudFiles.schemaEvolution.restart") == "auto",
		Partitioned:    v.Has("cloudFiles.partitionColumns"),
	}
	for name := range strings.SplitSeq(v.String("cloudFiles.partitionColumns"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			in.Partitions = append(in.Partitions, name)
		}
	}
	return in
}

const leastDeleteRetention = 7 * 24 * time.Hour

// readRetention takes Auto Loader's own cleaning.
func (o *Options) readRetention(v option.Values) error {
	mode := v.String("cloudFiles.cleanSource")
	for _, name := range []string{"cloudFiles.cleanSource.retentionDuration", "cloudFiles.cleanSource.moveDestination"} {
		if v.Has(name) && mode == "OFF" {
			return errclass.InvalidOption.New("option '%s' needs 'cloudFiles.cleanSource' to be MOVE or DELETE.", name)
		}
	}
	if mode == "OFF" {
		return nil
	}
	if o.CleanSource != CleanOff {
		return errclass.InvalidOption.New("options 'cloudFiles.cleanSource' and 'cleanSource' can't be both set at the same time.").
			WithHint("The first keeps files for a while after their batch was committed, the second acts when the next batch is planned.")
	}
	o.Retention = v.Duration("cloudFiles.cleanSource.retentionDuration")
	o.MoveDestination = v.String("cloudFiles.cleanSource.moveDestination")
	switch {
	case mode == "MOVE" && o.MoveDestination == "":
		return errclass.InvalidOption.New("option 'cloudFiles.cleanSource' = MOVE needs 'cloudFiles.cleanSource.moveDestination'.")
	case mode == "MOVE":
		o.CleanSource = CleanMoveLater
	case o.MoveDestination != "":
		return errclass.InvalidOption.New("option 'cloudFiles.cleanSource.moveDestination' needs 'cloudFiles.cleanSource' = MOVE.")
	case o.Retention < leastDeleteRetention:
		return errclass.InvalidOptionValue.New("Invalid value '%s' for option 'cloudFiles.cleanSource.retentionDuration', must be at least 7 days for DELETE",
			cmp.Or(v.String("cloudFiles.cleanSource.retentionDuration"), "0")).
			WithHint("MOVE has no minimum.")
	default:
		o.CleanSource = CleanDeleteLater
	}
	return nil
}

// either picks the prefixed name where it was given, and the other where that was.
func either(v option.Values, prefixed, plain string) string {
	if v.Has(plain) && !v.Has(prefixed) {
		return plain
	}
	return prefixed
}
