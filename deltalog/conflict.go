package deltalog

import (
	"context"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
)

// The isolation levels: those of delta.isolationLevel, and the one of transactions that change no rows.
const (
	serializable      = "Serializable"
	writeSerializable = "WriteSerializable"
	snapshotIsolation = "SnapshotIsolation"
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

// The operations that only give files the numbers of row tracking, or take them away.
const (
	opBackfill   = "ROW TRACKING BACKFILL"
	opUnbackfill = "ROW TRACKING UNBACKFILL"
)

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
	c := &conflictChecker{txn: x, level: isolationOf(x.metadata()), newFiles: map[fileKey]bool{}}
	switch {
	case x.rearranges(c.level):
		c.level = snapshotIsolation
	case c.level == "":
		c.level = writeSerializable
	}
	return c
}

// rearranges reports whether the transaction changes no rows and says nothing else of the table, as a compaction
// does: then it can be thought of as done when it read the table, whatever was added since.
func (x *Txn) rearranges(level string) bool {
	a := &x.actions
	if a.Metadata != nil || a.Protocol != nil || len(a.Transactions) > 0 ||
		slices.ContainsFunc(a.Domains, func(d DomainMetadata) bool { return d.Domain != domainRowTracking }) {
		return false
	}
	if len(a.Adds)+len(a.Removes)+len(a.CDC) == 0 && level != serializable && x.reads.anyFile() {
		return false // it may have been meant to change rows, and the order of blind appends is not that of the log
	}
	return !slices.ContainsFunc(a.Adds, func(f AddFile) bool { return f.DataChange }) &&
		!slices.ContainsFunc(a.Removes, func(f RemoveFile) bool { return f.DataChange })
}

// isolation is the level that the commit satisfies, for commitInfo.
func (c *conflictChecker) isolation() string {
	if c.level == snapshotIsolation {
		return snapshotIsolation
	}
	if level := isolationOf(c.txn.metadata()); level != "" {
		return level
	}
	if c.passedOver {
		return writeSerializable
	}
	return serializable
}

// check refuses the transaction when it cannot come after the winner, which came after the state before.
func (c *conflictChecker) check(ctx context.Context, before *state, winner *Actions) error {
	version := before.version + 1
	if c.txn.alone {
		return conflict(errclass.DeltaConcurrentWrite, version, winner,
			"a concurrent transaction has written new data since the current transaction read the table.")
	}
	if err := c.checkProtocol(version, winner); err != nil {
		return err
	}
	if err := c.checkMetadata(version, before, winner); err != nil {
		return err
	}
	if err := c.checkDomains(version, winner); err != nil {
		return err
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
	if err := c.checkDeletes(ctx, version, winner); err != nil {
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
	if err := winner.Protocol.CheckWrite(); err != nil {
		return err
	}
	if c.txn.actions.Protocol != nil {
		return conflict(errclass.DeltaProtocolChanged, version, winner,
			"the protocol version of the Delta table has been changed by a concurrent update.")
	}
	have := winner.Protocol.demandedOfWriters()
	read := c.txn.protocol()
	for _, name := range read.demandedOfWriters() {
		if !slices.Contains(have, name) {
			return conflict(errclass.DeltaProtocolChanged, version, winner, "feature %q was dropped by a concurrent update.", name)
		}
	}
	for _, name := range have {
		if f, _ := findFeature(name); f.strict && !read.Supports(name) {
			return conflict(errclass.DeltaProtocolChanged, version, winner, "feature %q was added by a concurrent update.", name)
		}
	}
	return nil
}

// checkDomains refuses a second writer of one domain.
func (c *conflictChecker) checkDomains(version int64, winner *Actions) error {
	for _, mine := range c.txn.actions.Domains {
		if mine.Domain == domainRowTracking {
			continue
		}
		if slices.ContainsFunc(winner.Domains, func(d DomainMetadata) bool { return d.Domain == mine.Domain }) {
			return conflict(errclass.DeltaConcurrentTransaction, version, winner,
				"a conflicting metadata domain %s is added.", mine.Domain)
		}
	}
	return nil
}

// checkAppends looks for new files that the transaction should have read.
func (c *conflictChecker) checkAppends(version int64, winner *Actions) error {
	if !c.txn.reads.anyFile() || c.level == snapshotIsolation || c.txn.renumbers() || winner.renumbers() {
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
			"a concurrent %s added data%s that should have been read by this operation: %s.",
			winner.operation(), c.inPartition(winner.Adds[i].PartitionValues), winner.Adds[i].Path)
	}
	return nil
}

// checkDeletes looks for files that are gone although the transaction read or removes them.
func (c *conflictChecker) checkDeletes(ctx context.Context, version int64, winner *Actions) error {
	if len(winner.Removes) == 0 {
		return nil
	}
	gone, err := c.readOf(ctx, winner.Removes)
	if err != nil {
		return err
	}
	if gone != nil {
		return conflict(errclass.DeltaConcurrentDeleteRead, version, winner,
			"a concurrent %s deleted data%s that this operation read: %s.",
			winner.operation(), c.inPartition(gone.PartitionValues), gone.Path)
	}
	removing := make(map[string]bool, len(c.txn.actions.Removes))
	for i := range c.txn.actions.Removes {
		removing[c.txn.actions.Removes[i].Path] = true
	}
	for i := range winner.Removes {
		if file := &winner.Removes[i]; removing[file.Path] {
			return conflict(errclass.DeltaConcurrentDeleteDelete, version, winner,
				"a concurrent %s deleted a file%s that this operation deletes: %s.",
				winner.operation(), c.inPartition(file.PartitionValues), file.Path)
		}
	}
	return nil
}

// readOf is one of the files that the transaction has read, nil where it read none. The log is asked only where the
// partitions do not tell.
func (c *conflictChecker) readOf(ctx context.Context, removes []RemoveFile) (*RemoveFile, error) {
	if c.txn.reads.whole {
		return &removes[0], nil
	}
	for i := range removes {
		if c.txn.reads.named[removes[i].Path] && !c.txn.renumbers() { // who gives numbers leaves out what is gone
			return &removes[i], nil
		}
	}
	if len(c.txn.reads.files) == 0 {
		return nil, nil
	}
	inQuestion := map[fileKey]*RemoveFile{}
	for i := range removes {
		file := &removes[i]
		if c.newFiles[file.key()] || file.ExtendedFileMetadata && !c.relevant(file.PartitionValues) {
			continue
		}
		if slices.Contains(c.txn.reads.files, nil) {
			return file, nil
		}
		inQuestion[file.key()] = file
	}
	return c.scanned(ctx, inQuestion)
}

// scanned is one of the files that the transaction's conditions do not rule out by their statistics.
func (c *conflictChecker) scanned(ctx context.Context, files map[fileKey]*RemoveFile) (*RemoveFile, error) {
	if len(files) == 0 || c.txn.read == nil {
		return nil, nil
	}
	scan, err := c.txn.read.Scan(ScanOptions{Where: predicate.Or(c.txn.reads.files)})
	if err != nil {
		return nil, err
	}
	for file, err := range scan.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if removed := files[file.key()]; removed != nil {
			return removed, nil
		}
	}
	return nil, nil
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

// inPartition names a partition for a message: " in the partition [day=1]".
func (c *conflictChecker) inPartition(values map[string]*string) string {
	if c.txn.read == nil || len(values) == 0 {
		return ""
	}
	var parts []string
	for _, column := range c.txn.read.state.metadata.PartitionColumns {
		text := "null"
		if v := valueOf(values, column); v != nil {
			text = *v
		}
		parts = append(parts, column+"="+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " in the partition [" + strings.Join(parts, ", ") + "]"
}

// conflict names both sides.
func conflict(class errclass.Class, version int64, winner *Actions, format string, args ...any) error {
	err := class.New(format, args...)
	err.Detail += " The conflicting commit is version " + itoa(version) + " (" + winner.operation() + ")."
	return err.WithHint("Please try the operation again.")
}
