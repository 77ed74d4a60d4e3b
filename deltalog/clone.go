package deltalog

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// CloneOptions say how [Table.ShallowClone] makes a table.
type CloneOptions struct {
	// Location is the URI of the source's folder: the clone names the source's files by it.
	Location string
	// Source is what the history calls the source. Default: Location.
	Source string
	// Replace takes the place of the table that is there.
	Replace bool
	// Adopt replaces a table, too, that is nothing but a clone: that of a run which was cut short before the clone had its name.
	Adopt bool
	// Properties replace those of the source.
	Properties map[string]string
}

// Cloned says what a clone did. A shallow one copies no files.
type Cloned struct {
	Version                 int64
	SourceSize, SourceFiles int64
	Removed, RemovedSize    int64
}

// ShallowClone makes a table of the files of another one's version, which stay where they are: the log names them by absolute
// paths. What is written to the clone lies in its own folder. A vacuum of the source may take files away that the clone
// needs. Who opens the clone says by [Options].Elsewhere where such paths may lead.
func (t *Table) ShallowClone(ctx context.Context, source *Snapshot, opts CloneOptions) (Cloned, error) {
	done, err := t.shallowClone(ctx, source, opts)
	return done, t.located(err)
}

func (t *Table) shallowClone(ctx context.Context, source *Snapshot, opts CloneOptions) (Cloned, error) {
	if t.opts.Elsewhere == nil {
		return Cloned{}, errors.New("internal error: a clone of a table that may not name files elsewhere")
	}
	old, err := t.Snapshot(ctx)
	switch {
	case errors.Is(err, errclass.DeltaTableNotFound):
		old = nil
	case err != nil:
		return Cloned{}, err
	case !opts.Replace && (!opts.Adopt || !t.isFreshClone(ctx, old)):
		return Cloned{}, errclass.DeltaCloneNonEmpty.New("The clone destination table is non-empty.").
			WithHint("Please TRUNCATE or DELETE FROM the table before running CLONE, or write CREATE OR REPLACE TABLE.")
	}
	c := &cloning{source: source, opts: opts}
	if err := c.files(ctx, old); err != nil {
		return Cloned{}, err
	}
	return c.commit(ctx, t, old)
}

// isFreshClone reports whether a table has no version but the one that cloned it.
func (t *Table) isFreshClone(ctx context.Context, s *Snapshot) bool {
	if s.Version() != 0 {
		return false
	}
	history, err := t.History(ctx, 1)
	return err == nil && len(history) == 1 && history[0].Operation == opClone
}

const opClone = "CLONE"

type cloning struct {
	source  *Snapshot
	opts    CloneOptions
	adds    []AddFile
	removes []RemoveFile
	done    Cloned
}

func (c *cloning) files(ctx context.Context, old *Snapshot) error {
	for f, err := range c.source.Files(ctx) {
		if err != nil {
			return err
		}
		f, err := c.elsewhere(f)
		if err != nil {
			return err
		}
		c.adds = append(c.adds, f)
		c.done.SourceFiles, c.done.SourceSize = c.done.SourceFiles+1, c.done.SourceSize+f.Size
	}
	if old == nil {
		return nil
	}
	now := old.table.opts.Clock().UnixMilli()
	for f, err := range old.Files(ctx) {
		if err != nil {
			return err
		}
		c.removes = append(c.removes, f.Removed(now, true))
		c.done.Removed, c.done.RemovedSize = c.done.Removed+1, c.done.RemovedSize+f.Size
	}
	return nil
}

// elsewhere names a file, and its vector, by where they lie.
func (c *cloning) elsewhere(f AddFile) (AddFile, error) {
	f.DataChange = true
	if !isAbsolute(f.Path) {
		f.encodedPath = c.absolute(encodedPathOf(f.Path, f.encodedPath))
		decoded, err := decodePath(f.encodedPath)
		if err != nil {
			return f, err
		}
		f.Path = decoded
	}
	if v := f.DeletionVector; v != nil && v.StorageType == vectorInTable {
		name, err := v.file()
		if err != nil {
			return f, err
		}
		moved := *v
		moved.StorageType, moved.PathOrInlineDV = vectorAbsolute, c.absolute(encodePath(name))
		f.DeletionVector = &moved
	}
	return f, nil
}

func (c *cloning) absolute(encoded string) string {
	return strings.TrimRight(c.opts.Location, "/") + "/" + encoded
}

// commit makes the clone's version: the source's metadata and features, under the clone's own id.
func (c *cloning) commit(ctx context.Context, t *Table, old *Snapshot) (Cloned, error) {
	from := c.opts.Source
	if from == "" {
		from = c.opts.Location
	}
	op := Operation{Name: opClone, Metrics: c.metrics(), Parameters: Parameters{}.
		With("source", from).With("sourceVersion", c.source.Version())}
	txn := t.BeginCreate(op)
	txn.ReadWholeTable() // what it adds is no blind append
	protocol := c.source.Protocol()
	meta := c.source.Metadata()
	meta.ID, meta.CreatedTime = "", 0
	if len(c.opts.Properties) > 0 {
		if meta.Configuration == nil {
			meta.Configuration = map[string]string{}
		}
		maps.Copy(meta.Configuration, c.opts.Properties)
	}
	if old != nil {
		txn = old.Begin(op)
		txn.ReadWholeTable()
		now := old.Protocol()
		var err error
		if protocol, err = now.With(protocol.Features()...); err != nil {
			return Cloned{}, err
		}
	}
	txn.UpdateProtocol(protocol)
	txn.UpdateMetadata(meta)
	domains, err := c.source.Domains(ctx)
	if err != nil {
		return Cloned{}, err
	}
	for _, domain := range domains {
		if domain.Domain == domainClustering || domain.Domain == domainRowTracking {
			txn.SetDomain(domain)
		}
	}
	if !hasConstraint(&Metadata{Configuration: c.opts.Properties}) {
		txn.RowsConform() // the source has held them to what the clone demands
	}
	txn.Add(c.adds...)
	txn.RemoveFile(c.removes...)
	made, err := txn.Commit(ctx)
	c.done.Version = made.Version
	return c.done, err
}

func (c *cloning) metrics() map[string]string {
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return map[string]string{
		"sourceTableSize": text(c.done.SourceSize), "sourceNumOfFiles": text(c.done.SourceFiles),
		"numRemovedFiles": text(c.done.Removed), "removedFilesSize": text(c.done.RemovedSize),
		"numCopiedFiles": "0", "copiedFilesSize": "0",
	}
}
