package parquetio

import (
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/types"
)

// rowMetadataKey is where Spark keeps the schema as JSON, with what Parquet cannot say of a type:
// interval units, nullability, comments.
const rowMetadataKey = "org.apache.spark.sql.parquet.row.metadata"

func rowMetadata(schema types.Struct) []format.KeyValue {
	return []format.KeyValue{{Key: rowMetadataKey, Value: string(types.ToJSON(schema))}}
}

// notedSchema is the schema that Spark noted in the file, if there is one and it fits the columns:
// a note that does not is no reason to refuse what can be read.
func (f *File) notedSchema() (types.Struct, bool) {
	text, ok := f.footer.keyValues[rowMetadataKey]
	if !ok {
		return types.Struct{}, false
	}
	noted, err := types.FromJSON([]byte(text))
	if err != nil || len(noted.Fields) != len(f.root.children) {
		return types.Struct{}, false
	}
	p := planner{caseSensitive: true}
	if _, err := p.fields(f.root, noted); err != nil {
		return types.Struct{}, false
	}
	return noted, true
}

// noted is the schema of the columns that the file holds.
func (l *layout) noted(schema types.Struct) types.Struct {
	if !l.omitVoid {
		return schema
	}
	held := types.Struct{Fields: make([]types.Field, 0, len(schema.Fields))}
	for _, f := range schema.Fields {
		if f.Type == types.Type(types.Null) {
			continue
		}
		if inner, ok := f.Type.(types.Struct); ok {
			f.Type = l.noted(inner)
		}
		held.Fields = append(held.Fields, f)
	}
	return held
}
