package files

import (
	"cmp"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// SingleVariant is the schema of a reading whose option singleVariantColumn makes one variant of each record: that column
// alone, unless a schema is given, which may have the corrupt-record column beside it. Without the option it is the one given.
func SingleVariant(format string, options map[string]string, given *types.Struct) (*types.Struct, error) {
	if table, err := OptionTable(format); err != nil || !table.Knows("singleVariantColumn") {
		return given, err
	}
	var name, corrupt string
	asked := false
	for option, value := range options {
		switch {
		case strings.EqualFold(option, "singleVariantColumn"):
			name, asked = value, true
		case strings.EqualFold(option, "columnNameOfCorruptRecord"):
			corrupt = value
		}
	}
	switch {
	case !asked, given != nil && len(given.Fields) == 0: // who wants no columns lists files
		return given, nil
	case name == "":
		return nil, errclass.InvalidOptionValue.New("Invalid value '' for option 'singleVariantColumn', must be the name of a column.")
	case given == nil:
		return &types.Struct{Fields: []types.Field{{Name: name, Type: types.Variant, Nullable: true}}}, nil
	}
	corrupt = cmp.Or(corrupt, "_corrupt_record")
	fits := len(given.Fields) == 1 || len(given.Fields) == 2 && corrupt != name && hasField(given, corrupt, types.String)
	if !fits || !hasField(given, name, types.Variant) {
		return nil, errclass.InvalidSingleVariant.New("User specified schema \"%s\" is invalid when the `singleVariantColumn` option is enabled. "+
			"The schema must either be a variant field, or a variant field plus a corrupt column field.", types.SQL(*given))
	}
	return given, nil
}

func hasField(s *types.Struct, name string, t types.Type) bool {
	for _, f := range s.Fields {
		if f.Name == name && f.Type == t && f.Nullable {
			return true
		}
	}
	return false
}
