package deltalog

import (
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

const (
	propIcebergV1 = "delta.enableIcebergCompatV1"
	propIcebergV2 = "delta.enableIcebergCompatV2"
)

// icebergCompat is the version of the feature icebergCompat that the table makes use of; 0: none.
func (m *Metadata) icebergCompat() int {
	switch {
	case propertyIs(propIcebergV2, "true")(m):
		return 2
	case propertyIs(propIcebergV1, "true")(m):
		return 1
	}
	return 0
}

// checkIcebergCompat holds a table that Iceberg's readers are to understand to what the specification demands of its writers.
func (x *Txn) checkIcebergCompat(m *Metadata) error {
	version := m.icebergCompat()
	if version == 0 {
		return nil
	}
	if propertyIs(propIcebergV1, "true")(m) && propertyIs(propIcebergV2, "true")(m) {
		return icebergViolation(version, "Only one IcebergCompat version can be enabled, please explicitly disable all other IcebergCompat versions that are not needed.")
	}
	if m.ColumnMapping() == MappingNone {
		return icebergViolation(version, "IcebergCompatV%d requires table property '%s' to be set to 'name' or 'id'.", version, propMapping)
	}
	p := x.newProtocol()
	if version == 1 && p.Supports("deletionVectors") {
		return icebergViolation(version, "IcebergCompatV1 is incompatible with feature deletionVectors.")
	}
	if propertyIs(propVectors, "true")(m) {
		return icebergViolation(version, "IcebergCompatV%d requires Deletion Vectors to be disabled on the table first.", version)
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	if err := checkIcebergTypes(version, schema); err != nil {
		return err
	}
	return x.checkIcebergFiles(version, m)
}

func (x *Txn) checkIcebergFiles(version int, m *Metadata) error {
	for i := range x.actions.Adds {
		file := &x.actions.Adds[i]
		switch {
		case file.DeletionVector != nil:
			return icebergViolation(version, "IcebergCompatV%d requires Deletion Vectors to be completely purged from the table: file %s has one.", version, file.Path)
		case file.DataChange && ParseStats(file.Stats, Schema{}).NumRecords < 0:
			return icebergViolation(version, "IcebergCompatV%d requires the number of rows of each file; %s does not tell it.", version, file.Path)
		case len(m.PartitionColumns) > 0:
			return errclass.DeltaUnsupportedWrite.New(
				`the data files of a partitioned table with feature "icebergCompatV%d" hold the partition columns, too, which this build does not write.`, version).
				WithHint("Disable it, or write with another engine.")
		}
	}
	return nil
}

// checkIcebergTypes refuses columns that Iceberg does not have, or not after the changes that their types went through.
func checkIcebergTypes(version int, schema Schema) error {
	var problem error
	mapFields(schema, func(f Field, _ []string) Field {
		if problem == nil {
			problem = checkIcebergField(version, f)
		}
		return f
	})
	return problem
}

func checkIcebergField(version int, f Field) error {
	switch f.Type.(type) {
	case Array, Map:
		if version == 1 {
			return icebergViolation(version, "IcebergCompatV1 does not support the data type %s of column `%s`.", f.Type, f.Name)
		}
		return errclass.DeltaUnsupportedWrite.New(
			"column `%s` of type %s: feature \"icebergCompatV2\" wants ids for what is inside of arrays and maps, which this build does not give.", f.Name, f.Type)
	}
	if f.Type == types.Variant {
		return icebergViolation(version, "IcebergCompatV%d does not support the data type %s of column `%s`.", version, f.Type, f.Name)
	}
	changes, err := typeChanges(f)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if !icebergWidens(change.From, change.To) {
			return icebergViolation(version, "IcebergCompatV%d is incompatible with a type change applied to this table: Field %s was changed from %s to %s.",
				version, f.Name, change.From, change.To)
		}
	}
	return nil
}

// icebergWidens reports whether Iceberg can read files with the one type as the other.
func icebergWidens(from, to Type) bool {
	whole := []Type{types.Byte, types.Short, types.Integer, types.Long}
	was, isDecimal := from.(types.Decimal)
	now, ok := to.(types.Decimal)
	switch {
	case isDecimal && ok:
		return was.Scale == now.Scale
	case from == Type(types.Float):
		return to == Type(types.Double)
	}
	return slices.Contains(whole, from) && slices.Contains(whole, to)
}

func icebergViolation(version int, format string, args ...any) error {
	err := errclass.DeltaIcebergCompat.New(format, args...)
	return err.WithHint("See feature icebergCompatV%d of the Delta protocol.", version)
}

// mapForIceberg gives a new table the column mapping that the feature needs.
func (m *Metadata) mapForIceberg() {
	if m.icebergCompat() > 0 && m.Configuration[propMapping] == "" {
		m.Configuration[propMapping] = string(MappingName)
	}
}
