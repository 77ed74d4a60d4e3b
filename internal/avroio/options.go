package avroio

import (
	"strconv"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
)

// OptionTable declares the options of the Avro reader.
var OptionTable = option.Table{
	{Name: "avroSchema", Doc: "A schema, as JSON, that the files are read by: with its defaults for what they lack, its aliases, and its wider types."},
	{Name: "avroSchemaUrl", Unsupported: "give the schema itself as option avroSchema."},
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Inference takes the columns of all files, not of one."},
	{Name: "mode", Kind: option.Enum, Default: "FAILFAST", Values: []string{"FAILFAST"}, Doc: "A file that is no Avro fails the read; ignoreCorruptFiles passes it over."},
	{Name: "ignoreExtension", Kind: option.Bool, Default: "true", Doc: "Files are read whatever their names; else only those that end in .avro."},
	{Name: "positionalFieldMatching", Kind: option.Bool, Default: "false", Doc: "Columns are matched with the files' fields by their positions, not by their names."},
	{Name: "recursiveFieldMaxDepth", Default: "-1", Doc: "How often a record may hold itself, up to 15, before it is left out; -1: never."},
	{Name: "enableStableIdentifiersForUnionType", Kind: option.Bool, Default: "false", Doc: "The members of unions are named by their types, not by their positions."},
	{Name: "stableIdentifierPrefixForUnionType", Default: "member_", Doc: "Stands before those names."},
	{Name: "datetimeRebaseMode", Kind: option.Enum, Default: string(datetime.Corrected), Values: datetime.RebaseModes, Doc: "How days before 1582-10-15 and timestamps before 1900 are read, of files that do not tell that Spark wrote them: as written (CORRECTED), as those of the old calendar, which keep their date and time (LEGACY), or not (EXCEPTION)."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "false", Doc: "Names are matched exactly; else in any letter case. With rescuedDataColumn the default is true."},
	{Name: "rescuedDataColumn", Doc: "The name of a string column, which is added to the schema, for what no other column takes, as one JSON object."},
	{Name: "rescuedDataColumn.filePath.enabled", Kind: option.Bool, Default: "true", Doc: "The object also has the path of the file, as _file_path; the default is the configuration spark.databricks.sql.rescuedDataColumn.filePath.enabled."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: the files hold their schema."},
}

// Options says how to read Avro. The zero value reads each file by its own schema, names matched exactly.
type Options struct {
	Reader         *Schema // nil: the files are read by their own
	Merge          bool
	AnyName        bool // files need not end in .avro
	ByPosition     bool
	RecursiveDepth int
	StableUnion    bool
	StablePrefix   string
	AnyCase        bool
	Rebase         datetime.RebaseMode

	Rescued     string // takes what no other column takes, where the schema has it
	RescuedPath bool
	Found       *records.Found // takes note of what the schema lacks; nil: nobody asks
}

const maxRecursiveDepth = 15

// OptionsOf takes the options from parsed values whose table holds [OptionTable].
func OptionsOf(v option.Values) (o Options, err error) {
	o = Options{
		Merge:        v.Bool("mergeSchema"),
		AnyName:      v.Bool("ignoreExtension"),
		ByPosition:   v.Bool("positionalFieldMatching"),
		StableUnion:  v.Bool("enableStableIdentifiersForUnionType"),
		StablePrefix: v.String("stableIdentifierPrefixForUnionType"),
		Rebase:       datetime.RebaseMode(v.String("datetimeRebaseMode")),
		Rescued:      v.String("rescuedDataColumn"),
		RescuedPath:  v.Bool("rescuedDataColumn.filePath.enabled"),
	}
	o.AnyCase = !v.Bool("readerCaseSensitive") && (o.Rescued == "" || v.Has("readerCaseSensitive"))
	if o.RecursiveDepth, err = recursiveDepth(v.String("recursiveFieldMaxDepth")); err != nil {
		return o, err
	}
	if text := v.String("avroSchema"); text != "" {
		if o.Reader, err = parseSchema([]byte(text)); err != nil {
			return o, errclass.InvalidOptionValue.New("Invalid value for option 'avroSchema': %w.", err)
		}
	}
	return o, nil
}

func recursiveDepth(text string) (int, error) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'recursiveFieldMaxDepth', must be an integer", text)
	case n > maxRecursiveDepth:
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'recursiveFieldMaxDepth'. Should not be greater than %d.", text, maxRecursiveDepth)
	}
	return n, nil
}
