package csvio

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
)

// What becomes of a value in which a quote stands unescaped.
const (
	stopAtDelimiter    = "STOP_AT_DELIMITER"     // it ends at the separator behind that quote
	stopAtClosingQuote = "STOP_AT_CLOSING_QUOTE" // the quote is part of it, up to one that closes
	backToDelimiter    = "BACK_TO_DELIMITER"     // it ends at the first separator, as if it had no quotes
	skipValue          = "SKIP_VALUE"            // it is null
	raiseError         = "RAISE_ERROR"           // the record is malformed
)

// OptionTable declares the options of the CSV reader.
var OptionTable = slices.Concat(records.CommonOptions, option.Table{
	{Name: "sep", Default: ",", Doc: "What separates values: one character or several."},
	{Name: "delimiter", Default: ",", Doc: "Another name of sep."},
	{Name: "quote", Default: `"`, Doc: "The character around values that hold separators; empty: none."},
	{Name: "escape", Default: `\`, Doc: "The character before a quote inside quotes; empty: none."},
	{Name: "charToEscapeQuoteEscaping", Doc: "The character before an escape character inside quotes; by default the escape character itself."},
	{Name: "comment", Doc: "Lines that begin with this character are passed over."},
	{Name: "header", Kind: option.Bool, Default: "false", Doc: "The first line holds the names of the columns."},
	{Name: "inferSchema", Kind: option.Bool, Default: "false", Doc: "Without a schema, types are inferred; else every column is a string."},
	{Name: "preferDate", Kind: option.Bool, Default: "true", Doc: "Inference takes dates for dates, not for timestamps."},
	{Name: "enforceSchema", Kind: option.Bool, Default: "true", Doc: "The header is not compared with the schema."},
	{Name: "nullValue", Doc: "The text that stands for null, beside no text at all."},
	{Name: "emptyValue", Doc: "The text that an empty value in quotes stands for."},
	{Name: "nanValue", Default: "NaN", Doc: "The text that stands for a number that is none."},
	{Name: "positiveInf", Default: "Inf", Doc: "The text that stands for infinity."},
	{Name: "negativeInf", Default: "-Inf", Doc: "The text that stands for negative infinity."},
	{Name: "ignoreLeadingWhiteSpace", Kind: option.Bool, Default: "false", Doc: "Blanks before values are passed over."},
	{Name: "ignoreTrailingWhiteSpace", Kind: option.Bool, Default: "false", Doc: "Blanks behind values are passed over."},
	{Name: "maxColumns", Kind: option.Positive, Default: "20480", Doc: "A record with more values is malformed."},
	{Name: "maxCharsPerColumn", Default: "-1", Values: []string{"-1"}, Kind: option.Enum, Doc: "Values are bounded by maxRecordBytes."},
	{Name: "unescapedQuoteHandling", Kind: option.Enum, Default: stopAtDelimiter, Values: []string{stopAtDelimiter, stopAtClosingQuote, backToDelimiter, skipValue, raiseError}, Doc: "What becomes of a value in which a quote stands unescaped."},
	{Name: "parserCaseSensitive", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "The old name of readerCaseSensitive."},
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Inference takes the columns of all files, by the names in their headers, and each file's columns are found by its own header; else the first file's columns are those of all. Auto Loader's default is true, where it infers."},
	{Name: "skipRows", Kind: option.Count, Default: "0", Doc: "So many lines at the start of each file are passed over."},
})

// Options says how to read CSV. Make it with [ParseOptions] or [OptionsOf].
type Options struct {
	records.Policy
	Formats       records.Formats
	LineSep       string // "": \n, \r\n and \r
	MultiLine     bool
	MaxRecord     int // bytes
	Header        bool
	EnforceSchema bool
	SkipRows      int
	Syntax        syntax
	Values        valueTexts
	Infer         InferOptions
	Merge         bool           // the files' columns may differ
	AnyCase       bool           // columns are matched with the header in any letter case, where that counts
	Found         *records.Found // takes note of what the schema lacks; nil: nobody asks
}

// byName tells that columns are found by the file's header, not by their position.
func (o *Options) byName() bool { return o.Header && (o.Rescued != "" || o.Found != nil || o.Merge) }

// syntax is how records are cut into values.
type syntax struct {
	sep           string
	quote, escape byte // 0: none
	escapeEscape  byte
	comment       byte
	trimLeft      bool
	trimRight     bool
	maxColumns    int
	unescaped     string // one of the constants above
}

// valueTexts are the texts with a meaning of their own.
type valueTexts struct {
	null, empty                   string
	nan, positiveInf, negativeInf string
}

// InferOptions says how types are inferred.
type InferOptions struct {
	Types         bool // else every column is a string
	SamplingRatio float64
	PreferDate    bool
}

// OptionsOf takes the options from parsed values whose table holds [OptionTable].
func OptionsOf(v option.Values) (Options, error) {
	formats, err := records.ParseFormats(v)
	if err != nil {
		return Options{}, err
	}
	ratio, err := records.ParseSamplingRatio(v)
	if err != nil {
		return Options{}, err
	}
	s, err := parseSyntax(v)
	return Options{
		Policy:        records.PolicyOf(v),
		Formats:       formats,
		AnyCase:       !v.Bool("readerCaseSensitive"),
		LineSep:       v.String("lineSep"),
		MultiLine:     v.Bool("multiLine"),
		MaxRecord:     int(min(v.Bytes("maxRecordBytes"), lines.MaxDocument)),
		Header:        v.Bool("header"),
		Merge:         v.Bool("mergeSchema"),
		EnforceSchema: v.Bool("enforceSchema"),
		SkipRows:      int(v.Int("skipRows")),
		Syntax:        s,
		Values: valueTexts{
			null: v.String("nullValue"), empty: v.String("emptyValue"), nan: v.String("nanValue"),
			positiveInf: v.String("positiveInf"), negativeInf: v.String("negativeInf"),
		},
		Infer: InferOptions{Types: v.Bool("inferSchema"), SamplingRatio: ratio, PreferDate: v.Bool("preferDate")},
	}, err
}

func parseSyntax(v option.Values) (s syntax, err error) {
	name := "sep"
	if v.Has("delimiter") && !v.Has("sep") {
		name = "delimiter"
	}
	s = syntax{
		trimLeft:   v.Bool("ignoreLeadingWhiteSpace"),
		trimRight:  v.Bool("ignoreTrailingWhiteSpace"),
		maxColumns: int(v.Int("maxColumns")),
		unescaped:  v.String("unescapedQuoteHandling"),
	}
	if s.sep, err = separator(v.String(name)); err != nil {
		return s, err
	}
	for name, to := range map[string]*byte{
		"quote": &s.quote, "escape": &s.escape, "comment": &s.comment, "charToEscapeQuoteEscaping": &s.escapeEscape,
	} {
		if *to, err = character(name, v.String(name)); err != nil {
			return s, err
		}
	}
	if s.escapeEscape == 0 && s.escape != s.quote {
		s.escapeEscape = s.escape
	}
	return s, nil
}

// separator reads the escapes that Spark knows: \t, \\, \' and \".
func separator(text string) (string, error) {
	sep := strings.NewReplacer(`\t`, "\t", `\\`, `\`, `\'`, `'`, `\"`, `"`, `\u0000`, "\x00").Replace(text)
	if sep == "" || strings.ContainsAny(sep, "\r\n") {
		return "", errclass.InvalidOptionValue.New("Invalid value '%s' for option 'sep', must hold a character and no line end", text)
	}
	return sep, nil
}

func character(name, text string) (byte, error) {
	switch {
	case text == "", text == `\u0000`, text == "\x00", text == `\0`:
		return 0, nil
	case len(text) == 1 && text[0] < 0x80:
		return text[0], nil
	default:
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be one ASCII character", text, name)
	}
}

func (o *Options) lines() lines.Options {
	return lines.Options{Separator: o.LineSep, MaxBytes: o.MaxRecord}
}
