package deltalog

import "lakehouse/internal/types"

// The columns of a checkpoint. Each row holds one action in the column of its kind; the others are
// null. Names and order are those that Delta on Spark writes.
const (
	columnTxn = iota
	columnAdd
	columnRemove
	columnMetadata
	columnProtocol
	columnDomain
	columnCheckpoint
	columnSidecar
	checkpointColumns
)

// checkpointSchema is some of the columns of a checkpoint.
func (l *checkpointLayout) schema(columns ...int) Schema {
	all := [checkpointColumns]Field{
		columnTxn:        structOf("txn", txnFields()),
		columnAdd:        structOf("add", l.addFields()),
		columnRemove:     structOf("remove", removeFields()),
		columnMetadata:   structOf("metaData", metadataFields()),
		columnProtocol:   structOf("protocol", protocolFields()),
		columnDomain:     structOf("domainMetadata", domainFields()),
		columnCheckpoint: structOf("checkpointMetadata", checkpointMetadataFields()),
		columnSidecar:    structOf(sidecarColumn, sidecarFields()),
	}
	var s Schema
	for _, i := range columns {
		s.Fields = append(s.Fields, all[i])
	}
	return s
}

// The columns of the three kinds of files that checkpoints are made of.
func classicColumns() []int {
	return []int{columnTxn, columnAdd, columnRemove, columnMetadata, columnProtocol, columnDomain}
}

func manifestColumns() []int {
	return []int{columnTxn, columnMetadata, columnProtocol, columnDomain, columnCheckpoint, columnSidecar}
}
func sidecarColumns() []int { return []int{columnAdd, columnRemove} }

func column(name string, t Type) Field           { return Field{Name: name, Type: t, Nullable: true} }
func structOf(name string, fields []Field) Field { return column(name, Schema{Fields: fields}) }

var (
	textMap  = Map{Key: types.String, Value: types.String, ValueContainsNull: true}
	textList = Array{Element: types.String, ContainsNull: true}
)

func txnFields() []Field {
	return []Field{column("appId", String), column("version", Long), column("lastUpdated", Long)}
}

func vectorField() Field {
	return structOf("deletionVector", []Field{
		column("storageType", String), column("pathOrInlineDv", String), column("offset", Integer),
		column("sizeInBytes", Integer), column("cardinality", Long), column("maxRowIndex", Long),
	})
}

// addFields are those that readers ask for, whatever the checkpoint's layout.
func addFields() []Field {
	return []Field{
		column("path", String), column("partitionValues", textMap), column("size", Long),
		column("modificationTime", Long), column("dataChange", Boolean), column("tags", textMap), vectorField(),
		column("baseRowId", Long), column("defaultRowCommitVersion", Long), column("clusteringProvider", String),
		column("stats", String),
	}
}

// addFieldCount is how many addFields are; the parsed statistics come after them.
const addFieldCount = 11

func removeFields() []Field {
	return []Field{
		column("path", String), column("deletionTimestamp", Long), column("dataChange", Boolean),
		column("extendedFileMetadata", Boolean), column("partitionValues", textMap), column("size", Long),
		vectorField(), column("baseRowId", Long), column("defaultRowCommitVersion", Long),
	}
}

func metadataFields() []Field {
	return []Field{
		column("id", String), column("name", String), column("description", String),
		structOf("format", []Field{column("provider", String), column("options", textMap)}),
		column("schemaString", String), column("partitionColumns", textList), column("configuration", textMap),
		column("createdTime", Long),
	}
}

func protocolFields() []Field {
	return []Field{
		column("minReaderVersion", Integer), column("minWriterVersion", Integer),
		column("readerFeatures", textList), column("writerFeatures", textList),
	}
}

func domainFields() []Field {
	return []Field{column("domain", String), column("configuration", String), column("removed", Boolean)}
}

func checkpointMetadataFields() []Field {
	return []Field{column("version", Long), column("tags", textMap)}
}
