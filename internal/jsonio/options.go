package jsonio

import (
	"slices"

	"lakehouse/internal/lines"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
)

// OptionTable declares the options of the JSON reader.
var OptionTable = slices.Concat(records.CommonOptions, option.Table{
	{Name: "allowBackslashEscapingAnyCharacter", Kind: option.Bool, Default: "false", Doc: "A backslash may stand before any character."},
	{Name: "allowComments", Kind: option.Bool, Default: "false", Doc: "Comments as in Java and C++ are passed over."},
	{Name: "allowNonNumericNumbers", Kind: option.Bool, Default: "true", Doc: "NaN, INF and Infinity, with a sign or without, are numbers, also in quotes."},
	{Name: "allowNumericLeadingZeros", Kind: option.Bool, Default: "false", Doc: "Numbers may begin with zeros."},
	{Name: "allowSingleQuotes", Kind: option.Bool, Default: "true", Doc: "Strings and keys may stand in single quotes."},
	{Name: "allowUnquotedControlChars", Kind: option.Bool, Default: "false", Doc: "Strings may hold control characters."},
	{Name: "allowUnquotedFieldNames", Kind: option.Bool, Default: "false", Doc: "Keys may stand without quotes."},
	{Name: "dropFieldIfAllNull", Kind: option.Bool, Default: "false", Doc: "Inference leaves out columns without values."},
	{Name: "inferSchema", Kind: option.Bool, Default: "true", Doc: "Without a schema, the columns are inferred; if this is false, that is an error."},
	{Name: "inferTimestamp", Kind: option.Bool, Default: "false", Doc: "Inference looks for timestamps among the strings."},
	{Name: "prefersDecimal", Kind: option.Bool, Default: "false", Doc: "Inference takes decimal for numbers with a fraction, where it fits."},
	{Name: "primitivesAsString", Kind: option.Bool, Default: "false", Doc: "Inference takes string for every number and boolean."},
})

// Options says how to read JSON. The zero value is strict RFC 8259 in mode PERMISSIVE; Spark's defaults are
// those of [ParseOptions].
type Options struct {
	records.Policy
	Formats   records.Formats
	LineSep   string // "": \n, \r\n and \r
	MultiLine bool
	MaxRecord int // bytes; 0: 16 MiB
	Syntax    Syntax
	Infer     InferOptions
	AnyCase   bool           // keys are matched in any letter case
	Found     *records.Found // takes note of what the schema lacks; nil: nobody asks
}

// Syntax is what is accepted beyond RFC 8259.
type Syntax struct {
	BackslashAny      bool
	Comments          bool
	NonNumericNumbers bool
	LeadingZeros      bool
	SingleQuotes      bool
	ControlChars      bool
	UnquotedNames     bool
}

// ParseOptions reads options by Spark's names.
func ParseOptions(given map[string]string) (Options, error) {
	v, err := OptionTable.Parse(given)
	if err != nil {
		return Options{}, err
	}
	return OptionsOf(v)
}

// OptionsOf takes the options from parsed values whose table holds [OptionTable].
func OptionsOf(v option.Values) (Options, error) {
	formats, err := records.ParseFormats(v)
	if err != nil {
		return Options{}, err
	}
	ratio, err := records.ParseSamplingRatio(v)
	return Options{
		Policy:    records.PolicyOf(v),
		Formats:   formats,
		AnyCase:   !v.Bool("readerCaseSensitive"),
		LineSep:   v.String("lineSep"),
		MultiLine: v.Bool("multiLine"),
		MaxRecord: int(min(v.Bytes("maxRecordBytes"), lines.MaxDocument)),
		Syntax: Syntax{
			BackslashAny:      v.Bool("allowBackslashEscapingAnyCharacter"),
			Comments:          v.Bool("allowComments"),
			NonNumericNumbers: v.Bool("allowNonNumericNumbers"),
			LeadingZeros:      v.Bool("allowNumericLeadingZeros"),
			SingleQuotes:      v.Bool("allowSingleQuotes"),
			ControlChars:      v.Bool("allowUnquotedControlChars"),
			UnquotedNames:     v.Bool("allowUnquotedFieldNames"),
		},
		Infer: InferOptions{
			SamplingRatio:      ratio,
			PrimitivesAsString: v.Bool("primitivesAsString"),
			PrefersDecimal:     v.Bool("prefersDecimal"),
			DropAllNull:        v.Bool("dropFieldIfAllNull"),
			Timestamps:         v.Bool("inferTimestamp"),
			Refused:            !v.Bool("inferSchema"),
		},
	}, err
}

func (o *Options) lines() lines.Options {
	return lines.Options{Separator: o.LineSep, MaxBytes: o.MaxRecord}
}

func (o *Options) maxRecord() int {
	if o.MaxRecord <= 0 {
		return lines.DefaultMaxBytes
	}
	return o.MaxRecord
}
