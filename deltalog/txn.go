package deltalog

import (
	"cmp"
	"context"
	"errors"

	"lakehouse/internal/errclass"
)

// A Txn gathers what one new version changes. Say what was read, add the actions, and
// [Txn.Commit]: it succeeds also when others committed in between, unless they touched what this
// transaction read or changes. A Txn belongs to one goroutine.
type Txn struct {
	table *Table
	read  *Snapshot // nil: the table does not exist yet
	op    Operation

	actions Actions // all but commitInfo
	reads   readSet
	alone   bool // nobody else may commit in between
	done    bool

	asked      *Protocol // by UpdateProtocol
	dropping   bool      // a feature, which the protocol then has no more
	mappingErr error     // why the columns could not be given ids

	conforming   bool // see RowsConform
	identityOnly bool // see AdvanceIdentity
	unmaps       bool // see Unmap
	keepsRowIDs  bool // see KeepsRowIDs
}

// A readSet is what a transaction relies on.
type readSet struct {
	files []Predicate     // each nil: any file
	named map[string]bool // the paths of files that were read whatever is in them
	whole bool
	apps  map[string]bool
}

func (r *readSet) anyFile() bool { return len(r.files) > 0 || len(r.named) > 0 || r.whole }

// Begin starts a transaction on top of the snapshot.
func (s *Snapshot) Begin(op Operation) *Txn { return &Txn{table: s.table, read: s, op: op} }

// BeginCreate starts the transaction that makes the table's version 0. Give it the metadata by
// [Txn.UpdateMetadata]; it may carry rows as well.
func (t *Table) BeginCreate(op Operation) *Txn { return &Txn{table: t, op: op} }

// Snapshot is the version that the transaction stands on, nil for one that creates its table.
func (x *Txn) Snapshot() *Snapshot { return x.read }

// SetParameters replaces the operation's parameters, where they are known only once the table was read.
func (x *Txn) SetParameters(parameters Parameters) { x.op.Parameters = parameters }

// SetMetrics replaces the operation's metrics, which are often known only at the end.
func (x *Txn) SetMetrics(metrics map[string]string) { x.op.Metrics = metrics }

// Add makes data files part of the table. They must be in place, below the table's folder.
func (x *Txn) Add(files ...AddFile) { x.actions.Adds = append(x.actions.Adds, files...) }

// Now is the time of actions that the transaction gathers, in milliseconds since the epoch.
func (x *Txn) Now() int64 { return x.table.opts.Clock().UnixMilli() }

// Remove takes files out of the table, as of now.
func (x *Txn) Remove(files ...AddFile) {
	now := x.Now()
	for i := range files {
		x.actions.Removes = append(x.actions.Removes, files[i].Removed(now, true))
	}
}

// RemoveFile takes files out of the table by actions made by the caller: of a compaction, say,
// whose removes change no data.
func (x *Txn) RemoveFile(files ...RemoveFile) {
	x.actions.Removes = append(x.actions.Removes, files...)
}

// AddChangeData names files of changed rows, for readers of the change data feed. They must be in place.
func (x *Txn) AddChangeData(files ...AddCDCFile) { x.actions.CDC = append(x.actions.CDC, files...) }

// UpdateProtocol gives the table another protocol: see [Protocol.With]. What the metadata needs besides is added to it. A feature
// that the table has cannot be left out, see [Table.DropFeature].
func (x *Txn) UpdateProtocol(p Protocol) { x.asked = new(p.clone()) }

// UpdateMetadata gives the table new metadata. An empty id or format is filled in; the protocol is
// raised where the metadata asks for it.
func (x *Txn) UpdateMetadata(m Metadata) {
	m = m.clone()
	x.mapForIceberg(&m)
	x.actions.Metadata, x.identityOnly = &m, false
	x.mappingErr = m.assignColumns(x.before(), x.table.opts.NewID)
}

// Metadata is that of the version that the transaction makes: what was given, with the ids and physical names of new columns.
func (x *Txn) Metadata() Metadata { return x.metadata().clone() }

// before is the metadata that the transaction stands on; nil where it makes the table.
func (x *Txn) before() *Metadata {
	if x.read == nil {
		return nil
	}
	return x.read.state.metadata
}

// SetTransaction records how far an application has written. The transaction then relies on nobody
// else writing for the same application.
func (x *Txn) SetTransaction(appID string, version int64) {
	x.actions.Transactions = append(x.actions.Transactions, SetTransaction{
		AppID: appID, Version: version, LastUpdated: x.table.opts.Clock().UnixMilli(),
	})
	if x.reads.apps == nil {
		x.reads.apps = map[string]bool{}
	}
	x.reads.apps[appID] = true
}

// ReadFiles says that the transaction relies on the files that match; nil: on all of them. New files conflict where their
// partition may match, removed ones where their statistics do not rule them out either.
func (x *Txn) ReadFiles(where Predicate) { x.reads.files = append(x.reads.files, where) }

// ReadNamed says that the transaction has read these files, as a compaction does: new files never conflict with that, and removed ones
// where they are among them, or where only other rows of them are deleted now.
func (x *Txn) ReadNamed(files ...AddFile) {
	if x.reads.named == nil {
		x.reads.named = make(map[string]bool, len(files))
	}
	for i := range files {
		x.reads.named[files[i].Path] = true
	}
}

// KeepsRowIDs says that the rows which the transaction copies from files that it removes have the ids that row tracking gave them, in the
// columns of [Metadata.RowIDColumns].
func (x *Txn) KeepsRowIDs() { x.keepsRowIDs = true }

// ReadWholeTable says that the transaction relies on the table as a whole, as a query does that
// reads the table it writes.
func (x *Txn) ReadWholeTable() { x.reads.whole = true }

// Alone says that the transaction holds only for the version right behind its snapshot, as one does that makes the table
// what it was before: whatever else was committed is an error of class DELTA_CONCURRENT_WRITE.
func (x *Txn) Alone() { x.alone = true }

// metadata and protocol are those of the version that the transaction makes.
func (x *Txn) metadata() *Metadata {
	if x.actions.Metadata != nil || x.read == nil {
		return x.actions.Metadata
	}
	return x.read.state.metadata
}

// protocol is that of the version that the transaction stands on.
func (x *Txn) protocol() Protocol {
	if x.read == nil {
		return defaultProtocol()
	}
	return *x.read.state.protocol
}

// Protocol is that of the version that the transaction makes: what it stands on or was given, and what its metadata needs besides.
// A feature that this package cannot write is an error by name.
func (x *Txn) Protocol() (Protocol, error) {
	protocol := x.protocol()
	if x.asked != nil {
		protocol = x.asked.clone()
	}
	if m := x.actions.Metadata; m != nil {
		return protocolFor(protocol, m)
	}
	return protocol, nil
}

// newProtocol is that of the version that the transaction makes.
func (x *Txn) newProtocol() *Protocol {
	if x.actions.Protocol != nil {
		return x.actions.Protocol
	}
	return new(x.protocol())
}

// prepare completes the actions and refuses what must not be committed.
func (x *Txn) prepare(ctx context.Context) error {
	if x.done {
		return errors.New("internal error: the transaction was committed before")
	}
	if err := x.prepareMetadata(); err != nil {
		return err
	}
	if err := x.prepareProtocol(); err != nil {
		return err
	}
	metadata := x.metadata()
	if err := x.newProtocol().CheckWrite(); err != nil {
		return err
	}
	if err := x.prepareRowTracking(ctx); err != nil {
		return err
	}
	if err := x.checkDomains(); err != nil {
		return err
	}
	if err := x.checkIcebergCompat(metadata); err != nil {
		return err
	}
	if err := errors.Join(x.checkRows(metadata), x.checkUnmapped(ctx)); err != nil {
		return err
	}
	if err := x.checkAppendOnly(metadata); err != nil {
		return err
	}
	return x.checkFiles(metadata)
}

func (x *Txn) prepareMetadata() error {
	m := x.actions.Metadata
	if m == nil {
		if x.read == nil {
			return errclass.DeltaSchemaNotSet.New("table schema is not set.").
				WithHint("Write data into it or use CREATE TABLE to set the schema.")
		}
		return nil
	}
	if x.mappingErr != nil {
		return x.mappingErr
	}
	x.fillIn(m)
	if err := m.checkMapping(x.before()); err != nil && (!x.unmaps || m.ColumnMapping() != MappingNone) {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	return m.checkProperties()
}

// prepareProtocol makes the protocol what was asked for and what the metadata needs. A table with that protocol already gets no
// action: it would conflict with others.
func (x *Txn) prepareProtocol() error {
	before := x.protocol()
	if x.asked != nil && !x.dropping {
		if err := x.asked.covers(&before); err != nil {
			return err
		}
	}
	m := x.actions.Metadata
	if m != nil {
		if err := x.checkEnabledByHand(*cmp.Or(x.asked, &before), m); err != nil {
			return err
		}
	}
	protocol, err := x.Protocol()
	if err != nil {
		return err
	}
	if m != nil {
		if err := m.dropProtocolProperties(protocol); err != nil {
			return err
		}
	}
	if x.read == nil || !protocol.equal(x.read.state.protocol) {
		x.actions.Protocol = &protocol
	}
	return nil
}

func (x *Txn) fillIn(m *Metadata) {
	if x.read != nil && m.ID == "" {
		m.ID, m.CreatedTime = x.read.state.metadata.ID, x.read.state.metadata.CreatedTime
	}
	if m.ID == "" {
		m.ID = x.table.opts.NewID()
	}
	if m.CreatedTime == 0 {
		m.CreatedTime = x.table.opts.Clock().UnixMilli()
	}
	if m.Format.Provider == "" {
		m.Format.Provider = "parquet"
	}
}

func (x *Txn) checkAppendOnly(m *Metadata) error {
	if !m.appendOnly() {
		return nil
	}
	for i := range x.actions.Removes {
		if x.actions.Removes[i].DataChange {
			return errclass.DeltaAppendOnly.New("this table is configured to only allow appends.").
				WithHint("To permit updates or deletes, set its property %s to false.", propAppendOnly)
		}
	}
	return nil
}

func (x *Txn) checkFiles(m *Metadata) error {
	added := make(map[string]bool, len(x.actions.Adds))
	vectors := x.newProtocol().Supports("deletionVectors")
	for i := range x.actions.Adds {
		file := &x.actions.Adds[i]
		if file.DeletionVector != nil && !vectors { // readers would not look at it
			return errclass.DeltaVectorsDisallowed.New("file %s would get a deletion vector in a table that does not have the feature deletionVectors.", file.Path).
				WithHint("Give the table the property %s = 'true'.", propVectors)
		}
		if err := x.table.checkFilePath(file.Path); err != nil {
			return err
		}
		if added[file.Path] {
			return duplicateError("add", file.Path)
		}
		added[file.Path] = true
		if len(file.PartitionValues) != len(m.PartitionColumns) {
			return errclass.DeltaInvalidPartitionColumn.New("file %s has %d partition values; the table has %d partition columns.",
				file.Path, len(file.PartitionValues), len(m.PartitionColumns))
		}
	}
	removed := make(map[string]bool, len(x.actions.Removes))
	for i := range x.actions.Removes {
		path := x.actions.Removes[i].Path
		if removed[path] {
			return duplicateError("remove", path)
		}
		removed[path] = true
	}
	return nil
}

func duplicateError(kind, path string) error {
	return errclass.DeltaDuplicateActions.New("file operation '%s' for path %s was specified several times.", kind, path)
}

// Empty reports whether the transaction changes nothing: to commit it would make a version that differs from the one before only in
// its number.
func (x *Txn) Empty() bool {
	a := &x.actions
	return x.read != nil && a.Metadata == nil && a.Protocol == nil &&
		len(a.Adds)+len(a.Removes)+len(a.CDC)+len(a.Domains)+len(a.Transactions) == 0
}

// blindAppend reports whether the transaction only adds files and relies on none.
func (x *Txn) blindAppend() bool { return len(x.actions.Removes) == 0 && !x.reads.anyFile() }
