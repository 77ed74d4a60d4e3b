package deltalog

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
)

// The isolation levels of delta.isolationLevel.
const (
	serializable      = "Serializable"
	writeSerializable = "WriteSerializable"
)

// isolationOf is the level that the table asks for, empty when it does not.
func isolationOf(m *Metadata) string {
	for _, level := range []string{serializable, writeSerializable} {
		if strings.EqualFold(m.Configuration[propIsolation], level) {
			return level
		}
	}
	return ""
}

// A conflictChecker holds a transaction against the versions that others made since it read the
// table, one after the other. The rules, their order and the names of the failures are those of
// Delta's ConflictChecker. The table's default is WriteSerializable: a transaction may be put after
// a blind append that it did not see.
type conflictChecker struct {
	txn   *Txn
	level string
	// passedOver: a blind append was not held against the transaction, whose version is then
	// WriteSerializable but not Serializable.
	passedOver bool
	newFiles   map[fileKey]bool // added by winners: the transaction cannot have read them
}

func newConflictChecker(x *Txn) *conflictChecker {
	level := isolationOf(x.metadata())
	if level == "" {
		level = writeSerializable
	}
	return &conflictChecker{txn: x, level: level, newFiles: map[fileKey]bool{}}
}

// isolation is the level that the commit satisfies, for commitInfo.
func (c *conflictChecker) isolation() string {
	if level := isolationOf(c.txn.metadata()); level != "" {
		return level
	}
	if c.passedOver {
		return writeSerializable
	}
	return serializable
}

// check refuses the transaction when it cannot come after the winner.
func (c *conflictChecker) check(version int64, winner *Actions) error {
	if err := c.checkProtocol(version, winner); err != nil {
		return err
	}
	if winner.Metadata != nil && (!winner.identityOnly() || c.txn.actions.Metadata != nil) {
		return conflict(errclass.DeltaMetadataChanged, version, winner,
			"the metadata of the Delta table has been changed by a concurrent update.")
	}
	for _, txn := range winner.Transactions {
		if c.txn.reads.apps[txn.AppID] {
			return conflict(errclass.DeltaConcurrentTransaction, version, winner,
				"application %s wrote version %d of its own at the same time; this error occurs when multiple streaming "+
					"queries are using the same checkpoint to write into this table.", txn.AppID, txn.Version)
		}
	}
	if err := c.checkAppends(version, winner); err != nil {
		return err
	}
	if err := c.checkDeletes(version, winner); err != nil {
		return err
	}
	for i := range winner.Adds {
		c.newFiles[winner.Adds[i].key()] = true
	}
	return nil
}

func (c *conflictChecker) checkProtocol(version int64, winner *Actions) error {
	if winner.Protocol == nil {
		return nil
	}
	if err := winner.Protocol.CheckWriteOf(c.txn.metadata()); err != nil {
		return err
	}
	if c.txn.actions.Protocol != nil {
		return conflict(errclass.DeltaProtocolChanged, version, winner,
			"the protocol version of the Delta table has been changed by a concurrent update.")
	}
	have := winner.Protocol.demandedOfWriters()
	before := c.txn.protocol()
	for _, name := range before.demandedOfWriters() {
		if !slices.Contains(have, name) {
			return conflict(errclass.DeltaProtocolChanged, version, winner, "feature %q was dropped by a concurrent update.", name)
		}
	}
	return nil
}

// checkAppends looks for new files that the transaction should have read.
func (c *conflictChecker) checkAppends(version int64, winner *Actions) error {
	if !c.txn.reads.anyFile() {
		return nil
	}
	tolerated := c.level == writeSerializable && c.txn.actions.Metadata == nil && winner.blindAppend()
	for i := range winner.Adds {
		if !c.relevant(winner.Adds[i].PartitionValues) {
			continue
		}
		if tolerated {
			c.passedOver = true
			return nil
		}
		return conflict(errclass.DeltaConcurrentAppend, version, winner,
			"a concurrent %s added data that should have been read by this operation: %s.",
			winner.operation(), winner.Adds[i].Path)
	}
	return nil
}

// checkDeletes looks for files that are gone although the transaction read or removes them.
func (c *conflictChecker) checkDeletes(version int64, winner *Actions) error {
	for i := range winner.Removes {
		file := &winner.Removes[i]
		if c.txn.reads.whole || !c.newFiles[file.key()] && c.readRemoved(file) {
			return conflict(errclass.DeltaConcurrentDeleteRead, version, winner,
				"a concurrent %s deleted data that this operation read: %s.", winner.operation(), file.Path)
		}
	}
	removing := make(map[string]bool, len(c.txn.actions.Removes))
	for i := range c.txn.actions.Removes {
		removing[c.txn.actions.Removes[i].Path] = true
	}
	for i := range winner.Removes {
		if path := winner.Removes[i].Path; removing[path] {
			return conflict(errclass.DeltaConcurrentDeleteDelete, version, winner,
				"a concurrent %s deleted a file that this operation deletes: %s.", winner.operation(), path)
		}
	}
	return nil
}

// readRemoved reports whether the transaction read a file that is now gone. A remove that does not
// tell the partition counts as read.
func (c *conflictChecker) readRemoved(file *RemoveFile) bool {
	if len(c.txn.reads.files) == 0 {
		return false
	}
	return !file.ExtendedFileMetadata || c.relevant(file.PartitionValues)
}

// relevant reports whether a file of the partition could match what was read. Only the parts of a
// condition about partition columns can say no.
func (c *conflictChecker) relevant(values map[string]*string) bool {
	if c.txn.reads.whole || c.txn.read == nil {
		return true
	}
	columns, parsed, ok := c.partition(values)
	known := func(column []string) (predicate.ColumnStats, bool) {
		if !ok {
			return predicate.ColumnStats{}, false
		}
		// One row stands for the file: what counts is that all rows have the same value.
		return partitionStats(columns, parsed, column, 1)
	}
	for _, where := range c.txn.reads.files {
		if where == nil || predicate.MayMatch(where, 1, known) {
			return true
		}
	}
	return false
}

// partition reads partition values by the schema that the transaction read.
func (c *conflictChecker) partition(values map[string]*string) ([]Field, []predicate.Value, bool) {
	metadata := c.txn.read.state.metadata
	schema, err := metadata.Schema()
	if err != nil {
		return nil, nil, false
	}
	fields, err := pick(schema, metadata.PartitionColumns)
	if err != nil {
		return nil, nil, false
	}
	parsed, err := partitionValues(fields.Fields, metadata.storedNames(fields.Fields), values)
	return fields.Fields, parsed, err == nil
}

// conflict names both sides.
func conflict(class errclass.Class, version int64, winner *Actions, format string, args ...any) error {
	err := class.New(format, args...)
	err.Detail += " The conflicting commit is version " + itoa(version) + " (" + winner.operation() + ")."
	return err.WithHint("Please try the operation again.")
}
