package delta

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/option"
	"lakehouse/internal/types"
)

// ChangeOptions says how a statement changes the rows of a table.
type ChangeOptions struct {
	Snapshot *deltalog.Snapshot // the version that the statement was resolved over
	Options  option.Values      // of the data files; userMetadata, txnAppId and txnVersion too
	Workers  int
	Eval     expr.Context
	Memory   *exec.Memory
	// AutoCompact and OptimizeWrite are those of WriteOptions.
	AutoCompact   AutoCompaction
	OptimizeWrite string

	readsItself bool // see Reading
}

// Changed is what a statement did to a table.
type Changed struct {
	Version                    int64 // the table's, after the statement
	Updated, Deleted, Inserted int64 // rows
	Unknown                    bool  // whole files were deleted that do not tell how many rows they have
	Skipped                    bool  // the transaction was already in the table
}

// A change is one transaction that takes rows of a table away, changes them, and adds others.
//
// It goes over the candidate files, those that statistics do not rule out, in two passes. The first reads the columns that tell which
// rows change (find.go); the second writes what becomes of the files that have such rows (rewrite.go). Where the table has deletion
// vectors a file stays, and a vector takes its changed rows out; else it is written anew. A file is finished before others are begun, so
// that what is remembered between the passes is that of a few files.
type change struct {
	table   Table
	opts    ChangeOptions
	snap    *deltalog.Snapshot
	txn     *deltalog.Txn
	meta    deltalog.Metadata // after the statement
	schema  types.Struct      // the table's before it, as queries see it
	begun   time.Time
	vectors bool // changed rows are taken out by deletion vectors
	feed    bool // changes are recorded

	find    finder
	clauses []clause
	inserts inserter // nil: no rows are new
	counter *identity

	mustHold *demanded // of rows that are inserted; nil: nothing

	changes *changeWriter

	mu      sync.Mutex
	removed []deltalog.AddFile // under mu; files that are gone
	marked  []markedFile       // under mu; files that get another vector
	counts  changeCounts       // under mu
	scanned time.Duration      // under mu; up to the end of the first pass
}

// markedFile is a data file with all rows that are no longer in the table.
type markedFile struct {
	file deltalog.AddFile
	rows *deltalog.RowSet
}

// changeCounts are the numbers of a statement, for the history.
type changeCounts struct {
	copied, inserted                             int64
	updated, deleted                             int64 // all
	bySourceUpdated, bySourceDeleted             int64 // of these, by WHEN NOT MATCHED BY SOURCE
	addedFiles, addedBytes                       int64
	removedFiles, removedBytes                   int64
	changeFiles                                  int64
	vectorsAdded, vectorsRemoved, vectorsUpdated int64
}

// A clause is what happens to the rows that a finder gives it.
type clause struct {
	remove   bool
	bySource bool            // of WHEN NOT MATCHED BY SOURCE
	schema   types.Struct    // of the rows that they become
	rows     func() rowMaker // for one goroutine
}

// A rowMaker computes rows of the table, not yet held against its demands, from rows of the table and, in MERGE, the source's rows
// beside them.
type rowMaker func(target arrow.RecordBatch, source []int32) (arrow.RecordBatch, error)

// An inserter makes the rows that a statement adds, when it is known which rows of the source have no partner.
type inserter interface {
	insertions(ctx context.Context) []insertion
}

// An insertion makes some of them.
type insertion func(ctx context.Context, yield func(newRows) bool) error

// newRows are rows made by one clause.
type newRows struct {
	clause int
	schema types.Struct
	rows   arrow.RecordBatch
}

// beginChange opens the transaction of a statement.
func beginChange(t Table, opts ChangeOptions, op string) (*change, error) {
	snap := opts.Snapshot
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	meta, protocol := snap.Metadata(), snap.Protocol()
	c := &change{
		table: t, opts: opts, snap: snap, meta: meta, schema: deltalog.UserSchema(schema), begun: time.Now(), //nolint:forbidigo // how long the statement takes is no matter of the session's clock
		vectors: protocol.WritesDeletionVectors(&meta), feed: meta.RecordsChanges(),
	}
	c.txn = snap.Begin(deltalog.Operation{Name: op, UserMetadata: opts.Options.String("userMetadata")})
	c.txn.KeepsRowIDs()
	if opts.readsItself {
		c.txn.ReadWholeTable()
	}
	return c, nil
}

func isOn(m deltalog.Metadata, property string) bool {
	on, err := strconv.ParseBool(m.Configuration[property])
	return err == nil && on
}

// removable refuses statements that take rows away from a table that only grows.
func (c *change) removable() error {
	if !isOn(c.meta, "delta.appendOnly") {
		return nil
	}
	return errclass.DeltaAppendOnly.New("This table is configured to only allow appends.").
		WithHint("If you would like to permit updates or deletes, use 'ALTER TABLE <table_name> SET TBLPROPERTIES (delta.appendOnly=false)'.")
}

// once reports whether the table has the transaction that the options name; if not, the commit will record it.
func (c *change) once(ctx context.Context) (done bool, err error) {
	app := c.opts.Options.String("txnAppId")
	if c.opts.Options.Has("txnVersion") != (app != "") {
		return false, errclass.DeltaIdempotentOptions.New("Invalid options for idempotent Dataframe writes: both txnAppId and txnVersion must be given.").
			WithHint("Give the one that is missing, or neither.")
	}
	if app == "" {
		return false, nil
	}
	w := &writing{snap: c.snap, txn: c.txn}
	return w.already(ctx, app, c.opts.Options.Int("txnVersion"))
}

// run goes over the candidate files with all workers and writes what becomes of them.
func (c *change) run(ctx context.Context, candidates []deltalog.AddFile) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work, err := c.newRewriting(candidates)
	if err != nil {
		return err
	}
	if c.changes != nil {
		c.changes.start(ctx, stop)
	}
	added, err := c.write(ctx, work)
	if c.changes != nil {
		cdc, changesErr := c.changes.finish()
		if err == nil {
			err = changesErr
		}
		c.txn.AddChangeData(cdc...)
		c.counts.changeFiles = int64(len(cdc))
	}
	if err != nil {
		return err
	}
	for _, f := range added {
		c.txn.Add(f.add)
		c.counts.addedFiles++
		c.counts.addedBytes += f.add.Size
	}
	return c.settle(ctx)
}

// write puts the rows into data files.
func (c *change) write(ctx context.Context, op exec.Operator) ([]newFile, error) {
	if c.meta.ColumnMapping() != deltalog.MappingNone {
		stored, err := c.meta.StoredSchema()
		if err != nil {
			return nil, err
		}
		stored.Fields = append(slices.Clip(stored.Fields), c.meta.TrackedFields()...)
		op = &renamed{op, stored}
	}
	protocol, err := c.txn.Protocol()
	if err != nil {
		return nil, err
	}
	files, err := newFiles(c.table.Store, op.Schema(), protocol, &c.meta, c.opts.Options)
	if err != nil {
		return nil, err
	}
	return files.writeAs(ctx, op, max(1, c.opts.Workers), optimizesWrites(c.opts.Options, c.opts.OptimizeWrite, c.meta))
}

// settle takes files out of the table, as a whole or by rows.
func (c *change) settle(ctx context.Context) error {
	for _, f := range c.removed {
		c.txn.Remove(f)
		c.counts.removedFiles++
		c.counts.removedBytes += f.Size
		if f.DeletionVector != nil {
			c.counts.vectorsRemoved++
		}
	}
	if len(c.marked) == 0 {
		return nil
	}
	vectors := c.table.Log.NewDeletionVectorFile().Below(randomPrefix(c.meta))
	defer vectors.Abort()
	for _, m := range c.marked {
		vector, err := vectors.Add(ctx, m.rows)
		if err != nil {
			return err
		}
		if m.file.DeletionVector == nil {
			c.counts.vectorsAdded++
		} else {
			c.counts.vectorsUpdated++
		}
		if err := c.txn.SetDeletionVector(m.file, vector); err != nil {
			return err
		}
	}
	return vectors.Close()
}

// commit makes the version. A statement that changes nothing makes none.
func (c *change) commit(ctx context.Context, parameters deltalog.Parameters, metrics map[string]string) (int64, error) {
	if c.counter == nil { // no rows are new: those that stay were held to the table's demands when they were written
		c.txn.RowsConform()
	} else if err := c.counter.Commit(c.txn); err != nil {
		return 0, err
	}
	if c.txn.Empty() {
		return c.snap.Version(), nil
	}
	c.txn.SetParameters(parameters)
	c.txn.SetMetrics(metrics)
	commit, err := c.txn.Commit(ctx)
	if err == nil {
		autoCompact(ctx, c.table, c.meta, c.opts.AutoCompact, c.opts.Workers)
	}
	return commit.Version, err
}

// elapsed is a time for the history, in milliseconds.
func elapsed(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (c *change) times(m map[string]string) {
	all := time.Since(c.begun)
	m["executionTimeMs"], m["scanTimeMs"], m["rewriteTimeMs"] = elapsed(all), elapsed(c.scanned), elapsed(all-c.scanned)
}
