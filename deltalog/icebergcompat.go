package deltalog

import (
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

const (
	propIcebergV1 = "delta.enableIcebergCompatV1"
	propIcebergV2 = "delta.enableIcebergCompatV2"

	tagIcebergCompat = "ICEBERG_COMPAT_VERSION" // of a data file: for which version of the feature it was written
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

// FileTags are the tags of data files that are written for the table as it is; nil: none.
func (m *Metadata) FileTags() map[string]string {
	version := m.icebergCompat()
	if version < 2 {
		return nil
	}
	return map[string]string{tagIcebergCompat: strconv.Itoa(version)}
}

// mapForIceberg gives a table that is made, or made anew, the column mapping that the feature needs.
func (x *Txn) mapForIceberg(m *Metadata) {
	making := x.read == nil || strings.HasSuffix(x.op.Name, "REPLACE TABLE") || strings.HasSuffix(x.op.Name, "REPLACE TABLE AS SELECT")
	if making && m.icebergCompat() > 0 && m.Configuration[propMapping] == "" {
		m.Configuration[propMapping] = string(MappingName)
	}
}

// checkIcebergCompat holds a table that Iceberg's readers are to understand to what the specification demands of its writers.
func (x *Txn) checkIcebergCompat(m *Metadata) error {
	version := m.icebergCompat()
	if version == 0 {
		return nil
	}
	if err := x.checkIcebergTable(version, m); err != nil {
		return err
	}
	if err := x.checkIcebergPartitions(version, m); err != nil {
		return err
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	if err := checkIcebergTypes(version, schema); err != nil {
		return err
	}
	return x.checkIcebergFiles(version)
}

// checkIcebergTable refuses properties and features that do not go with the feature.
func (x *Txn) checkIcebergTable(version int, m *Metadata) error {
	if propertyIs(propIcebergV1, "true")(m) && propertyIs(propIcebergV2, "true")(m) {
		return icebergViolation(errclass.DeltaIcebergVersions, version,
			"Only one IcebergCompat version can be enabled, please explicitly disable all other IcebergCompat versions that are not needed.")
	}
	if mode := m.ColumnMapping(); mode == MappingNone {
		return icebergViolation(errclass.DeltaIcebergProperty, version,
			"IcebergCompatV%d requires table property '%s' to be set to '%s'. Current value: '%s'.", version, propMapping, MappingName, mode)
	}
	if version == 1 && x.newProtocol().Supports("deletionVectors") {
		return icebergViolation(errclass.DeltaIcebergFeature, version, "IcebergCompatV1 is incompatible with feature deletionVectors.")
	}
	if propertyIs(propVectors, "true")(m) {
		return icebergViolation(errclass.DeltaIcebergVectors, version,
			"IcebergCompatV%d requires Deletion Vectors to be disabled on the table first. Then run REORG PURGE command to purge the Deletion Vectors on the table.", version)
	}
	return nil
}

// checkIcebergPartitions refuses to partition a partitioned table by other columns: Iceberg's readers would not follow.
func (x *Txn) checkIcebergPartitions(version int, m *Metadata) error {
	old := x.before()
	if old == nil || len(old.PartitionColumns) == 0 || slices.Equal(old.PartitionColumns, m.PartitionColumns) {
		return nil
	}
	return icebergViolation(errclass.DeltaIcebergPartition, version,
		"IcebergCompatV%d doesn't support replacing partitioned tables with a differently-named partition spec, because Iceberg-Spark 1.1.0 doesn't.\nPrev Partition Spec: %s\nNew Partition Spec: %s",
		version, jsonText(old.PartitionColumns), jsonText(append([]string{}, m.PartitionColumns...)))
}

func (x *Txn) checkIcebergFiles(version int) error {
	for i := range x.actions.Adds {
		file := &x.actions.Adds[i]
		if file.DeletionVector != nil {
			return icebergViolation(errclass.DeltaIcebergVectorsKept, version,
				"IcebergCompatV%d requires Deletion Vectors to be completely purged from the table. Please run the REORG TABLE APPLY (PURGE) command. File %s has one.", version, file.Path)
		}
		if ParseStats(file.Stats, Schema{}).NumRecords < 0 {
			return icebergViolation(errclass.DeltaIcebergCompat, version,
				"IcebergCompatV%d requires all AddFiles to contain the numRecords statistic. AddFile %s is missing this statistic.", version, file.Path)
		}
	}
	return nil
}

// checkIcebergTypes refuses columns that Iceberg does not have, or not after the changes that their types went through.
func checkIcebergTypes(version int, schema Schema) error {
	var problem error
	types.MapFields(schema, func(f Field) Field {
		if problem == nil {
			problem = checkIcebergField(version, schema, f)
		}
		return f
	})
	return problem
}

func checkIcebergField(version int, schema Schema, f Field) error {
	if t := foreignToIceberg(version, f.Type); t != nil {
		return icebergViolation(errclass.DeltaIcebergType, version,
			"IcebergCompatV%d does not support the data type %s in your schema. Your schema:\n%s", version, t, types.TreeString(schema))
	}
	changes, err := typeChanges(f)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if !icebergWidens(change.From, change.To) {
			return icebergViolation(errclass.DeltaIcebergWidening, version,
				"IcebergCompatV%d is incompatible with a type change applied to this table:\nField %s was changed from %s to %s.", version, f.Name, change.From, change.To)
		}
	}
	return nil
}

// foreignToIceberg is what the version does not allow in a type, the type itself or a part of it; nil: nothing. Fields of structs are
// looked at for themselves.
func foreignToIceberg(version int, t Type) Type {
	switch t := t.(type) {
	case Array:
		if version == 1 {
			return t
		}
		return foreignToIceberg(version, t.Element)
	case Map:
		if version == 1 {
			return t
		}
		if bad := foreignToIceberg(version, t.Key); bad != nil {
			return bad
		}
		return foreignToIceberg(version, t.Value)
	case Schema, types.Decimal:
		return nil
	}
	allowed := []Type{
		types.Byte, types.Short, types.Integer, types.Long, types.Float, types.Double, types.String, types.Binary,
		types.Boolean, types.Timestamp, types.TimestampNTZ, types.Date,
	}
	if slices.Contains(allowed, t) {
		return nil
	}
	return t
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

// icebergViolation is an error of the class and of the one that stands above it.
func icebergViolation(class errclass.Class, version int, format string, args ...any) error {
	err := class.New("The validation of IcebergCompatV"+strconv.Itoa(version)+" has failed.\n"+format, args...)
	if class != errclass.DeltaIcebergCompat {
		err.Err = errclass.DeltaIcebergCompat
	}
	return err.WithHint("See feature icebergCompatV%d of the Delta protocol.", version)
}
