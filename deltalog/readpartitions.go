package deltalog

import (
	"fmt"

	"lakehouse/internal/predicate"
)

// ReadPartitions says that the transaction relies on all files of some partitions, each given by the partition values of one of its
// files, and on no others: as an overwrite does that replaces only the partitions that it writes.
func (x *Txn) ReadPartitions(files []AddFile) error {
	metadata := x.metadata()
	schema, err := metadata.Schema()
	if err != nil {
		return err
	}
	columns, err := pick(schema, metadata.PartitionColumns)
	if err != nil {
		return err
	}
	keys := metadata.storedNames(columns.Fields)
	seen := map[string]bool{}
	read := predicate.Or{}
	for i := range files {
		key := files[i].PartitionKey(keys)
		if seen[key] {
			continue
		}
		seen[key] = true
		values, err := partitionValues(columns.Fields, keys, files[i].PartitionValues)
		if err != nil {
			return fmt.Errorf("partition of %s: %w", files[i].Path, err)
		}
		read = append(read, inPartition(columns.Fields, values))
	}
	if len(read) > 0 {
		x.ReadFiles(read)
	}
	return nil
}

// inPartition holds for the rows of one partition.
func inPartition(columns []Field, values []predicate.Value) Predicate {
	all := predicate.And{}
	for i, f := range columns {
		if values[i] == nil {
			all = append(all, predicate.IsNull{Column: []string{f.Name}})
		} else {
			all = append(all, predicate.Compare{Column: []string{f.Name}, Op: predicate.Equal, Value: values[i]})
		}
	}
	return all
}
