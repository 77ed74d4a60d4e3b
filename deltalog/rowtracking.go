package deltalog

import (
	"context"
	"maps"
	"math"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
)

// Row tracking gives each row an id that it keeps. A data file has the id of its first row, baseRowId, and the version that added it,
// defaultRowCommitVersion; the highest id that was ever given stands in a domain of the table.
const propRowTrackingSuspended = "delta.rowTrackingSuspended"

// RowIDColumns are the columns of data files that hold the ids and versions of rows that came from other files; empty where the table has none.
func (m *Metadata) RowIDColumns() (id, version string) {
	return m.Configuration[propRowIDColumn], m.Configuration[propCommitVersionColumn]
}

// RowTracking reports whether all rows of the table have ids, which writers of rows from other files are to keep.
func (m *Metadata) RowTracking() bool { return propertyIs(propRowTracking, "true")(m) }

type highWaterMark struct {
	RowID *int64 `json:"rowIdHighWaterMark"`
}

var highWaterMarks = exactjson.For[highWaterMark]()

// highestRowID is the highest id that was given to a row, -1 for none yet.
func (s *state) highestRowID() (int64, error) {
	domain, ok := s.domains[domainRowTracking]
	if !ok || domain.Removed {
		return -1, nil
	}
	var mark highWaterMark
	if err := highWaterMarks.Unmarshal([]byte(domain.Configuration), &mark); err != nil || mark.RowID == nil || *mark.RowID < -1 {
		return -1, errclass.DeltaLogCorrupt.New("domain %s says %.200q, which is no high water mark.", domainRowTracking, domain.Configuration)
	}
	return *mark.RowID, nil
}

// tracksRows reports whether a table of that protocol and metadata numbers its rows.
func tracksRows(p *Protocol, m *Metadata) bool {
	return p.Supports("rowTracking") && !propertyIs(propRowTrackingSuspended, "true")(m)
}

// numberRows gives the files that the attempt adds their ids. They change with what the attempt stands on.
func (a *attempt) numberRows(ctx context.Context, actions *Actions) error {
	if len(actions.Adds) == 0 || !tracksRows(a.protocol(), a.metadata()) {
		return nil
	}
	if err := a.completeBase(ctx); err != nil {
		return err
	}
	highest, err := a.base.highestRowID()
	if err != nil {
		return err
	}
	before, version := highest, a.base.version+1
	adds := make([]AddFile, len(actions.Adds))
	for i, file := range actions.Adds {
		if file.BaseRowID == nil {
			rows := ParseStats(file.Stats, Schema{}).NumRecords
			if rows < 0 {
				return errclass.DeltaRowIDWithoutStats.New("Cannot assign row IDs without row count statistics: file %s has none.", file.Path).
					WithHint("Collect statistics for the table.")
			}
			if rows > maxRowID-highest {
				return errclass.DeltaLogCorrupt.New("domain %s says %d: there are no row ids left.", domainRowTracking, highest)
			}
			file.BaseRowID = new(highest + 1)
			highest += rows
		}
		if file.DefaultRowCommitVersion == nil {
			file.DefaultRowCommitVersion = new(version)
		}
		adds[i] = file
	}
	actions.Adds = adds
	if highest > before {
		actions.Domains = append(withoutDomain(actions.Domains, domainRowTracking), DomainMetadata{
			Domain: domainRowTracking, Configuration: `{"rowIdHighWaterMark":` + strconv.FormatInt(highest, 10) + `}`,
		})
	}
	return nil
}

const maxRowID = 1 << 62

func withoutDomain(domains []DomainMetadata, name string) []DomainMetadata {
	var others []DomainMetadata
	for _, d := range domains {
		if d.Domain != name {
			others = append(others, d)
		}
	}
	return others
}

// prepareRowTracking does what turning row tracking on takes: names for the columns that keep the ids of copied rows, and ids for
// the rows that are there.
func (x *Txn) prepareRowTracking(ctx context.Context) error {
	m := x.actions.Metadata
	if m == nil || !m.RowTracking() {
		return nil
	}
	if propertyIs(propRowTrackingSuspended, "true")(m) {
		return errclass.DeltaRowTrackingProperties.New("Illegal table state was detected. Table properties `%s` and `%s` are both set to true.",
			propRowTracking, propRowTrackingSuspended).WithHint("Disable one of the two.")
	}
	if m.Configuration[propRowIDColumn] == "" {
		m.Configuration[propRowIDColumn] = "_row-id-col-" + x.table.opts.NewID()
	}
	if m.Configuration[propCommitVersionColumn] == "" {
		m.Configuration[propCommitVersionColumn] = "_row-commit-version-col-" + x.table.opts.NewID()
	}
	if x.read == nil || x.read.state.metadata.RowTracking() {
		return nil
	}
	return x.backfill(ctx)
}

// backfill adds the files again that have no ids yet: [Table.BackfillRowIDs] leaves none. Files that somebody adds at the same time would be
// missed, so nobody may, unless the protocol asks all writers for ids already.
func (x *Txn) backfill(ctx context.Context) error {
	removed := make(map[fileKey]bool, len(x.actions.Removes))
	for i := range x.actions.Removes {
		removed[x.actions.Removes[i].key()] = true
	}
	files, err := x.read.unnumbered(ctx, math.MaxInt)
	if err != nil {
		return err
	}
	if len(files) > 0 || !tracksRows(x.read.state.protocol, x.read.state.metadata) {
		x.Alone()
	}
	for i := range files {
		if !removed[files[i].key()] {
			x.actions.Adds = append(x.actions.Adds, files[i])
		}
	}
	return nil
}

// protocol and metadata are those of the version that the attempt makes.
func (a *attempt) protocol() *Protocol {
	if a.txn.actions.Protocol != nil {
		return a.txn.actions.Protocol
	}
	return a.base.protocol
}

func (a *attempt) metadata() *Metadata {
	if a.txn.actions.Metadata != nil {
		return a.txn.actions.Metadata
	}
	return a.base.metadata
}

// completeBase finds the domains of the version that the attempt stands on.
func (a *attempt) completeBase(ctx context.Context) error {
	if a.base.domains != nil {
		return nil
	}
	s, err := a.txn.table.load(ctx, a.base.version)
	if err != nil {
		return err
	}
	full, err := s.complete(ctx)
	a.base.domains, a.base.txns = full.domains, full.txns
	return err
}

// preserved is what a version of a table with row tracking says of the ids of the rows that it copied: where it copied none, they are all
// kept, and where who copied them says so.
func (a *attempt) preserved(info *CommitInfo) {
	if !tracksRows(a.protocol(), a.metadata()) || info.Tags[tagPreserved] != "" {
		return
	}
	kept := len(a.txn.actions.Removes) == 0 || a.txn.keepsRowIDs && a.metadata().RowTracking()
	tags := map[string]string{tagPreserved: strconv.FormatBool(kept)}
	maps.Copy(tags, info.Tags)
	info.Tags = tags
}

const tagPreserved = "delta.rowTracking.preserved"
