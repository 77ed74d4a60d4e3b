package records

import (
	"strings"
	"unicode/utf8"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A Mode says what becomes of a malformed record: one that is not of the format at all, or that has
// a value which its column's type cannot hold.
type Mode string

// The parse modes.
const (
	Permissive    Mode = "PERMISSIVE"    // null where nothing could be read; the text goes to the corrupt-record column
	DropMalformed Mode = "DROPMALFORMED" // the record is left out
	FailFast      Mode = "FAILFAST"      // the read fails
)

// Malformed is the error of mode FAILFAST.
func Malformed(record []byte, offset int64, reason string) error {
	return errclass.MalformedRecord.New("Malformed records are detected in record parsing: %s (%s, at byte %d). "+
		"Parse Mode: FAILFAST.", Sample(record), reason, offset).
		WithHint("To process malformed records as null result, try setting the option 'mode' as 'PERMISSIVE'.")
}

// Sample is the beginning of a record, fit for an error text.
func Sample(record []byte) string {
	const most = 200
	if len(record) > most {
		return Text(record[:most]) + "…"
	}
	return Text(record)
}

// Text is a record as a string column can hold it: bytes that are not UTF-8 become U+FFFD.
func Text(record []byte) string {
	if utf8.Valid(record) {
		return string(record)
	}
	return strings.ToValidUTF8(string(record), "\uFFFD")
}

// usNames are spellings of one meaning.
var usNames = []string{"en-US", "en_US", "US"}

// CommonOptions are the options that JSON and CSV share.
var CommonOptions = option.Table{
	{Name: "mode", Kind: option.Enum, Default: string(Permissive), Values: []string{
		string(Permissive), string(DropMalformed), string(FailFast),
	}, Doc: "What becomes of malformed records."},
	{Name: "columnNameOfCorruptRecord", Default: "_corrupt_record", Doc: "The string column that takes the text of malformed records, where the schema has it."},
	{Name: "dateFormat", Doc: "The pattern of dates; without it, every form that CAST accepts."},
	{Name: "timestampFormat", Doc: "The pattern of timestamps; without it, every form that CAST accepts."},
	{Name: "timestampNTZFormat", Doc: "The pattern of timestamps without time zone; without it, every form that CAST accepts."},
	{Name: "timeZone", Default: "UTC", Doc: "The zone of timestamps that name none."},
	{Name: "locale", Kind: option.Enum, Default: "en-US", Values: usNames, Same: usNames, Doc: "The language of the names of months and days: English alone."},
	{Name: "encoding", Default: "UTF-8", Doc: "The encoding of the files: UTF-8, UTF-16, UTF-32, ISO-8859-1, windows-1252 and the others that browsers know. A file in another than UTF-8 is read by one worker."},
	{Name: "charset", Default: "UTF-8", Doc: "Another name of encoding."},
	{Name: "lineSep", Doc: "What separates records; without it, \\n, \\r\\n and \\r."},
	{Name: "multiLine", Kind: option.Bool, Default: "false", Doc: "Records may span lines: each file is read as a whole."},
	{Name: "samplingRatio", Default: "1.0", Doc: "The share of the records that schema inference looks at."},
	{Name: "maxRecordBytes", Kind: option.Bytes, Default: "16m", Doc: "A longer record is malformed."},
	{Name: "maxDecompressedBytes", Kind: option.Bytes, Default: "1t", Doc: "A compressed file that holds more fails the read."},
	{Name: "badRecordsPath", Doc: "A folder that takes malformed records, and the names of files that cannot be read, as files of JSON lines; neither gives rows then."},
	{Name: "rescuedDataColumn", Doc: "The name of a string column, which is added to the schema, for what no other column takes: fields that the schema lacks, and values that do not fit, as one JSON object."},
	{Name: "rescuedDataColumn.filePath.enabled", Kind: option.Bool, Default: "true", Doc: "The object also has the path of the file, as _file_path; the default is the configuration spark.databricks.sql.rescuedDataColumn.filePath.enabled."},
	{Name: "singleVariantColumn", Doc: "The name of a column of type VARIANT that takes each record whole; a schema may have the corrupt-record column beside it, and nothing else."},
	{Name: "enableDateTimeParsingFallback", Unsupported: "give dateFormat or timestampFormat, or neither.", Doc: "Not supported."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "true", Doc: "Field names are matched exactly; else in any letter case."},
}
