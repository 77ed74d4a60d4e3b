package deltalog

const (
	featureMaterialize      = "materializePartitionColumns"
	propMaterialize         = "delta.enableMaterializePartitionColumnsFeature"
	propPartitionsInParquet = "delta.writePartitionColumnsToParquet"
)

// MaterializesPartitions reports whether data files of a table with that metadata hold its partition columns, too, behind the others, for
// readers that know of no values beside a file. Which it is, the protocol decides: a table that has the feature
// materializePartitionColumns needs no property for it. Readers go by the log's partition values all the same.
func (p *Protocol) MaterializesPartitions(m *Metadata) bool {
	return p.Supports(featureMaterialize) || m.icebergCompat() > 0 || propertyIs(propPartitionsInParquet, "true")(m)
}
