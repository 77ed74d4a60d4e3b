package xmlio

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/xsd"
)

// OptionTable declares the options of the XML reader.
var OptionTable = slices.Concat(slices.DeleteFunc(slices.Clone(records.CommonOptions), func(s option.Spec) bool {
	return s.Name == "lineSep" || s.Name == "multiLine" || s.Name == "readerCaseSensitive"
}), option.Table{
	{Name: "rowTag", Doc: "The tag of the elements that are records. Required."},
	{Name: "attributePrefix", Default: "_", Doc: "Stands before the names of attributes, in the names of columns."},
	{Name: "valueTag", Default: "_VALUE", Doc: "The name of an element's text, where it has attributes or elements too."},
	{Name: "excludeAttribute", Kind: option.Bool, Default: "false", Doc: "Attributes are passed over."},
	{Name: "ignoreNamespace", Kind: option.Bool, Default: "false", Doc: "Names are without the prefixes of their namespaces."},
	{Name: "ignoreSurroundingSpaces", Kind: option.Bool, Default: "true", Doc: "Blanks around values are passed over."},
	{Name: "nullValue", Doc: "The text that stands for null."},
	{Name: "inferSchema", Kind: option.Bool, Default: "true", Doc: "Without a schema, types are inferred; else every value is a string."},
	{Name: "prefersDecimal", Kind: option.Bool, Default: "false", Doc: "Inference takes decimal for numbers with a fraction, where it fits."},
	{Name: "preferDate", Kind: option.Bool, Default: "true", Doc: "Inference takes dates for dates, not for timestamps."},
	{Name: "wildcardColName", Default: "xs_any", Doc: "The name of a column, string or array of strings, that takes the elements without a column of their own, if the schema has it."},
	{Name: "multiLine", Kind: option.Enum, Default: "true", Values: []string{"true", "false"}, Same: []string{"true", "false"}, Doc: "Accepted, without meaning: records end where their element does."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "false", Doc: "Names are matched exactly; else in any letter case, if none is exact. With rescuedDataColumn the default is true."},
	{Name: "rowValidationXSDPath", Doc: "The path of an XML Schema. A record that is not valid by it is malformed. Files that it includes or imports lie beside it; it may have no key, unique, keyref or redefine."},
	{Name: "rootTag", Default: "ROWS", Doc: "For writers; accepted, without meaning."},
	{Name: "declaration", Doc: "For writers; accepted, without meaning."},
	{Name: "arrayElementName", Default: "item", Doc: "For writers; accepted, without meaning."},
	{Name: "validateName", Kind: option.Enum, Default: "true", Values: []string{"true", "false"}, Same: []string{"true", "false"}, Doc: "For writers; accepted, without meaning."},
	{Name: "compression", Default: "none", Doc: "For writers; readers go by the files' names."},
})

// Options says how to read XML. Make it with [ParseOptions] or [OptionsOf].
type Options struct {
	records.Policy
	RowTag    string
	Formats   records.Formats
	MaxRecord int // bytes

	AttributePrefix  string
	ValueTag         string
	Wildcard         string
	ExcludeAttribute bool
	IgnoreNamespace  bool
	Trim             bool
	HasNull          bool
	NullValue        string
	AnyCase          bool

	InferTypes     bool
	PrefersDecimal bool
	PreferDate     bool
	SamplingRatio  float64

	Valid *xsd.Schema    // which records are valid; nil: all
	Found *records.Found // takes note of what the schema lacks; nil: nobody asks
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
	o := Options{
		RowTag:           strings.TrimSpace(v.String("rowTag")),
		Policy:           records.PolicyOf(v),
		Formats:          formats,
		MaxRecord:        int(min(v.Bytes("maxRecordBytes"), lines.MaxDocument)),
		AttributePrefix:  v.String("attributePrefix"),
		ValueTag:         v.String("valueTag"),
		Wildcard:         v.String("wildcardColName"),
		ExcludeAttribute: v.Bool("excludeAttribute"),
		IgnoreNamespace:  v.Bool("ignoreNamespace"),
		Trim:             v.Bool("ignoreSurroundingSpaces"),
		HasNull:          v.Has("nullValue"),
		NullValue:        v.String("nullValue"),
		InferTypes:       v.Bool("inferSchema"),
		PrefersDecimal:   v.Bool("prefersDecimal"),
		PreferDate:       v.Bool("preferDate"),
		SamplingRatio:    ratio,
	}
	o.AnyCase = !v.Bool("readerCaseSensitive") && (o.Rescued == "" || v.Has("readerCaseSensitive"))
	return o, o.check()
}

func (o *Options) check() error {
	switch {
	case o.RowTag == "":
		return errclass.XMLRowTagMissing.New("`rowTag` option is required for reading/writing files in XML format.").
			WithHint("It is the name of the elements that are records. In SQL: SELECT * FROM read_files('path', format => 'xml', rowTag => 'name').")
	case strings.ContainsAny(o.RowTag, "<>"):
		return errclass.InvalidOptionValue.New("Invalid value '%s' for option 'rowTag', should not include angle brackets", o.RowTag)
	case o.ValueTag == "":
		return errclass.InvalidOptionValue.New("Invalid value '' for option 'valueTag', should not be empty string.")
	case o.ValueTag == o.AttributePrefix:
		return errclass.InvalidOptionValue.New("'valueTag' and 'attributePrefix' options should not be the same.")
	}
	return nil
}
