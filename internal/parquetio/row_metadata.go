package parquetio

import (
	"lakehouse/internal/types"

	"github.com/parquet-go/parquet-go/format"
)

// rowMetadataKey is where Spark keeps the schema as JSON, with what Parquet cannot say of a type.
const rowMetadataKey = "org.apache.spark.sql.parquet.row.metadata"

func keyValues(types.Struct) []format.KeyValue { return nil }

func notedSchema(string, types.Struct) (types.Struct, bool) { return types.Struct{}, false }
