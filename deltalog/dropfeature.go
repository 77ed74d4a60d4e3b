package deltalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// DropFeatureOptions say how a feature leaves the table.
type DropFeatureOptions struct {
	// TruncateHistory cuts off the versions that may still hold traces of the feature, where readers would have to know them; without
	// it the history stays, and is protected (feature checkpointProtection).
	TruncateHistory bool
	// Purge rewrites the data files that hold what the feature was for: rows under deletion vectors, columns by physical names, values
	// of narrower types. It is asked for only where there are such. Default: they are a reason not to drop the feature.
	Purge func(ctx context.Context) error
}

// A dropRule is how one feature is dropped.
type dropRule struct {
	properties []string                                     // leave the table first
	later      []string                                     // leave it with the feature
	history    bool                                         // readers of older versions have to know the feature
	uses       func(*Actions) bool                          // what a commit looks like that makes use of it; nil: like any other
	refuse     func(*Metadata) error                        // what the user has to remove first
	finish     func(context.Context, *Snapshot, *Txn) error // more of the last commit
}

const (
	propProtectBefore = "delta.requireCheckpointProtectionBeforeVersion"
	protection        = "checkpointProtection"
	// barriers is how many checkpoints shield the older versions from readers that do not know the feature.
	barriers = 3
	// truncatedAfter is how much of the history TRUNCATE HISTORY leaves: longer than any transaction takes.
	truncatedAfter = 24 * time.Hour
)

// dropRules are those of Delta on Spark. Features that are not here stay for good.
func dropRules() map[string]dropRule {
	return map[string]dropRule{
		"checkConstraints": {refuse: refuseConstraints},
		"deletionVectors":  {properties: []string{propVectors}, history: true, uses: usesVectors},
		"rowTracking": {
			properties: []string{propRowTracking}, later: []string{propRowIDColumn, propCommitVersionColumn, propRowTrackingSuspended}, finish: forgetRowIDs,
		},
		"domainMetadata":      {finish: forgetDomains},
		"v2Checkpoint":        {properties: []string{propCheckpointPolicy}, history: true, uses: usesV2Checkpoint},
		"inCommitTimestamp":   {properties: []string{propCommitTimes, propCommitTimesVersion, propCommitTimesSince}},
		"vacuumProtocolCheck": {history: true, uses: func(*Actions) bool { return false }},
		"columnMapping": {
			history: true, refuse: refuseMapping,
			uses: func(a *Actions) bool { return a.Metadata != nil && a.Metadata.ColumnMapping() != MappingNone },
		},
		"typeWidening":                {properties: []string{"delta.enableTypeWidening"}, history: true, uses: usesTypeChanges},
		"typeWidening-preview":        {properties: []string{"delta.enableTypeWidening"}, history: true, uses: usesTypeChanges},
		"materializePartitionColumns": {later: []string{"delta.enableMaterializePartitionColumnsFeature"}},
		protection:                    {},
	}
}

func refuseConstraints(m *Metadata) error {
	var names []string
	for name := range m.Configuration {
		if short, ok := strings.CutPrefix(name, "delta.constraints."); ok {
			names = append(names, short)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return errclass.DeltaDropConstraints.New("Cannot drop the CHECK constraints table feature. The following constraints must be dropped first: %s.", quoted(names))
}

func refuseMapping(m *Metadata) error {
	if m.ColumnMapping() == MappingNone {
		return nil
	}
	return errclass.DeltaFeatureDropNonremovable.New("Cannot drop columnMapping: the table's columns are mapped, and its data files would have to be written anew.").
		WithHint("Write the table into another one without column mapping.")
}

func usesVectors(a *Actions) bool {
	return a.Metadata != nil && propertyIs(propVectors, "true")(a.Metadata) ||
		slices.ContainsFunc(a.Adds, func(f AddFile) bool { return f.DeletionVector != nil }) ||
		slices.ContainsFunc(a.Removes, func(f RemoveFile) bool { return f.DeletionVector != nil })
}

func usesV2Checkpoint(a *Actions) bool {
	return a.checkpoint != nil || len(a.sidecars) > 0 || a.Metadata != nil && propertyIs(propCheckpointPolicy, "v2")(a.Metadata)
}

func usesTypeChanges(a *Actions) bool {
	return a.Metadata != nil && hasField(keyTypeChanges)(a.Metadata)
}

// forgetRowIDs takes the numbers off the files again, and the mark out of the table.
func forgetRowIDs(ctx context.Context, s *Snapshot, x *Txn) error {
	for file, err := range s.Files(ctx) {
		if err != nil {
			return err
		}
		if file.BaseRowID != nil || file.DefaultRowCommitVersion != nil {
			file.BaseRowID, file.DefaultRowCommitVersion, file.DataChange = nil, nil, false
			x.Add(file)
		}
	}
	mark, ok, err := s.Domain(ctx, domainRowTracking)
	if err != nil || !ok {
		return err
	}
	mark.Removed = true
	x.SetDomain(mark)
	return nil
}

func forgetDomains(ctx context.Context, s *Snapshot, x *Txn) error {
	domains, err := s.Domains(ctx)
	for _, domain := range domains {
		domain.Removed = true
		x.actions.Domains = append(x.actions.Domains, domain)
	}
	return err
}

// DropFeature takes a feature out of the table's protocol, so that readers and writers can use the table that do not know it:
// first its traces leave the newest version; then, where older versions could mislead such readers, the history is shielded or
// truncated; then the protocol changes. Truncating takes two calls, a day apart, as on Spark; the first ends with an error that says so.
func (t *Table) DropFeature(ctx context.Context, name string, opts DropFeatureOptions) error {
	s, err := t.Snapshot(ctx)
	if err != nil {
		return t.located(err)
	}
	rule, err := s.dropRule(name, opts)
	if err != nil {
		return t.located(err)
	}
	d := featureDrop{table: t, name: name, rule: rule, opts: opts}
	if err := d.run(ctx, s); err != nil {
		return t.located(fmt.Errorf("drop feature %s: %w", name, err))
	}
	return nil
}

// dropRule is the rule for a feature that can be dropped here and now.
func (s *Snapshot) dropRule(name string, opts DropFeatureOptions) (dropRule, error) {
	_, known := findFeature(name)
	rule, removable := dropRules()[name]
	present := s.state.protocol.Supports(name)
	switch {
	case !present && strings.HasPrefix(name, "delta."):
		return rule, errclass.DeltaFeatureDropIsProperty.New("Cannot drop `%s` from this table because this is a delta table property and not a table feature.", name)
	case !known:
		return rule, errclass.DeltaFeatureDrop.New("Cannot drop %.100q because it is not supported by this version.", name).
			WithHint("%s", errclass.DidYouMean(name, s.state.protocol.Features()))
	case !present:
		return rule, errclass.DeltaFeatureDropNotPresent.New("Cannot drop %s from this table because it is not currently present in the table's protocol.", name)
	case !removable:
		return rule, errclass.DeltaFeatureDropNonremovable.New("Cannot drop %s because dropping this feature is not supported.", name)
	case opts.TruncateHistory && !rule.history && name != protection:
		return rule, errclass.DeltaFeatureDropNoTruncation.New("The particular feature does not require history truncation.")
	case name == protection && !opts.TruncateHistory:
		return rule, errclass.DeltaFeatureDropProtection.New("Could not drop the Checkpoint Protection feature. This feature can only be dropped by truncating history.").
			WithHint("Try again with the TRUNCATE HISTORY option.")
	}
	var dependent []string
	for _, f := range features() {
		if slices.Contains(f.requires, name) && s.state.protocol.Supports(f.name) {
			dependent = append(dependent, f.name)
		}
	}
	if len(dependent) > 0 {
		return rule, errclass.DeltaFeatureDropDependent.New("Cannot drop table feature `%s` because some other features (%s) in this table depends on `%s`.",
			name, strings.Join(dependent, ", "), name).WithHint("Consider dropping them first before dropping this feature.")
	}
	if rule.refuse != nil {
		return rule, rule.refuse(s.state.metadata)
	}
	return rule, nil
}

type featureDrop struct {
	table *Table
	name  string
	rule  dropRule
	opts  DropFeatureOptions
}

func (d *featureDrop) run(ctx context.Context, s *Snapshot) error {
	if d.name == protection {
		return d.unprotect(ctx, s)
	}
	changed, err := d.removeTraces(ctx, s)
	if err != nil {
		return err
	}
	switch {
	case !d.rule.history:
		return d.downgrade(ctx)
	case d.opts.TruncateHistory:
		return d.truncate(ctx, changed)
	}
	for range barriers {
		if err := d.barrier(ctx); err != nil {
			return err
		}
	}
	if err := d.downgrade(ctx); err != nil {
		return err
	}
	s, err = d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	return s.Checkpoint(ctx)
}

// removeTraces makes the newest version one that makes no use of the feature, and reports whether it did before.
func (d *featureDrop) removeTraces(ctx context.Context, s *Snapshot) (changed bool, err error) {
	if changed, err = d.unset(ctx, s); err != nil {
		return changed, err
	}
	used, err := d.inUse(ctx)
	if err != nil || !used {
		return changed, err
	}
	if d.opts.Purge == nil {
		return changed, errclass.DeltaFeatureDropHistory.New("Cannot drop %s because data files of the current version use it.", d.name).
			WithHint("Rewrite them: REORG TABLE … APPLY (PURGE).")
	}
	if err := d.opts.Purge(ctx); err != nil {
		return changed, err
	}
	if used, err = d.inUse(ctx); err == nil && used {
		err = errors.New("data files use it still, after they were rewritten")
	}
	return true, err
}

// unset takes the properties out of the table that make use of the feature.
func (d *featureDrop) unset(ctx context.Context, s *Snapshot) (changed bool, err error) {
	m := s.Metadata()
	unset := []string{}
	for _, name := range d.rule.properties {
		if _, set := m.Configuration[name]; set {
			delete(m.Configuration, name)
			unset = append(unset, name)
		}
	}
	if len(unset) == 0 {
		return false, nil
	}
	txn := s.Begin(Operation{Name: "UNSET TBLPROPERTIES", Parameters: Parameters{}.With("properties", jsonText(unset)).With("ifExists", true)})
	txn.UpdateMetadata(m)
	_, err = txn.Commit(ctx)
	return true, err
}

// inUse looks through the files of the newest version.
func (d *featureDrop) inUse(ctx context.Context) (bool, error) {
	s, err := d.table.Snapshot(ctx)
	if err != nil || d.rule.uses == nil {
		return false, err
	}
	if d.rule.uses(&Actions{Metadata: s.state.metadata}) {
		return true, nil
	}
	for file, err := range s.Files(ctx) {
		if err != nil {
			return false, err
		}
		if d.rule.uses(&Actions{Adds: []AddFile{file}}) {
			return true, nil
		}
	}
	return false, nil
}

// barrier is a version that changes nothing, with a checkpoint: who reads on from there needs nothing before it.
func (d *featureDrop) barrier(ctx context.Context) error {
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Begin(Operation{Name: "Empty Commit"}).Commit(ctx); err != nil {
		return err
	}
	if s, err = d.table.Snapshot(ctx); err != nil {
		return err
	}
	return s.Checkpoint(ctx)
}

// truncate drops the feature once no version that makes use of it is left in the log.
func (d *featureDrop) truncate(ctx context.Context, changed bool) error {
	if err := d.barrier(ctx); err != nil {
		return err
	}
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if changed {
		return errclass.DeltaFeatureDropWait.New("Dropping %s was partially successful. The feature is now no longer used in the current version of the table. "+
			"However, the feature is still present in historical versions of the table.", d.name).
			WithHint("Repeat the command when the versions have expired: after %s, or with TRUNCATE HISTORY after %s.", s.state.metadata.logRetention(), truncatedAfter)
	}
	if err := d.table.truncateBefore(ctx, s, d.table.opts.Clock().Add(-truncatedAfter)); err != nil {
		return err
	}
	used, err := d.historyUses(ctx, s)
	if err != nil {
		return err
	}
	if used {
		return errclass.DeltaFeatureDropHistory.New("Cannot drop %s because the Delta log contains historical versions that use the feature.", d.name).
			WithHint("Wait until %s (%s) has passed since the feature was last active, or %s and drop it with TRUNCATE HISTORY.",
				propLogRetention, s.state.metadata.logRetention(), truncatedAfter)
	}
	return d.downgrade(ctx)
}

// truncateBefore cuts off the log before the newest checkpoint that is not newer than the time.
func (t *Table) truncateBefore(ctx context.Context, s *Snapshot, cutoff time.Time) error {
	all, err := list(ctx, t.store, 0, s.Version())
	if err != nil {
		return err
	}
	return t.truncateLog(ctx, s, all, all.keptFrom(cutoff))
}

// historyUses looks through the log: its first checkpoint, without the tombstones, and every commit.
func (d *featureDrop) historyUses(ctx context.Context, s *Snapshot) (bool, error) {
	all, err := list(ctx, d.table.store, 0, s.Version())
	if err != nil {
		return false, err
	}
	first, err := d.table.SnapshotAt(ctx, oldestVersion(all))
	if err != nil {
		return false, err
	}
	if d.rule.uses(&Actions{Metadata: first.state.metadata}) {
		return true, nil
	}
	for file, err := range first.Files(ctx) {
		if err != nil || d.rule.uses(&Actions{Adds: []AddFile{file}}) {
			return true, err
		}
	}
	for _, f := range all.checkpoints {
		if f.kind == checkpointByUUID && d.name == "v2Checkpoint" {
			return true, nil
		}
	}
	for read, err := range readCommits(ctx, d.table.store, all.commits) {
		if err != nil || d.rule.uses(read.Actions) {
			return true, err
		}
	}
	return false, nil
}

// downgrade commits the protocol without the feature.
func (d *featureDrop) downgrade(ctx context.Context) error {
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	protocol, m := s.Protocol(), s.Metadata()
	if d.rule.history && !d.opts.TruncateHistory {
		if protocol, err = protocol.With(protection); err != nil {
			return err
		}
		m.Configuration[propProtectBefore] = itoa(s.Version() + 1)
	}
	for _, name := range d.rule.later {
		delete(m.Configuration, name)
	}
	return d.commit(ctx, s, protocol, m)
}

func (d *featureDrop) commit(ctx context.Context, s *Snapshot, protocol Protocol, m Metadata) error {
	txn := s.Begin(Operation{Name: "DROP FEATURE", Parameters: Parameters{}.
		With("featureName", d.name).With("truncateHistory", strconv.FormatBool(d.opts.TruncateHistory))})
	txn.dropping = true
	txn.Alone() // what others commit may make use of the feature
	txn.UpdateMetadata(m)
	if d.rule.finish != nil {
		if err := d.rule.finish(ctx, s, txn); err != nil {
			return err
		}
	}
	txn.UpdateProtocol(protocol.without(d.name))
	_, err := txn.Commit(ctx)
	return err
}

// unprotect drops the protection of a history that is gone.
func (d *featureDrop) unprotect(ctx context.Context, s *Snapshot) error {
	before := s.protectedBefore()
	if err := d.barrier(ctx); err != nil {
		return err
	}
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if err := d.table.truncateBefore(ctx, s, d.table.opts.Clock().Add(-truncatedAfter)); err != nil {
		return err
	}
	all, err := list(ctx, d.table.store, 0, s.Version())
	if err != nil {
		return err
	}
	if len(all.commits) > 0 && all.commits[0].version < before {
		return errclass.DeltaFeatureDropProtectionWait.New("The operation did not succeed because there are still traces of dropped features in the table history. "+
			"CheckpointProtection cannot be dropped until these historical versions have expired.").
			WithHint("Repeat the command when the versions before %d are older than %s.", before, truncatedAfter)
	}
	m := s.Metadata()
	delete(m.Configuration, propProtectBefore)
	return d.commit(ctx, s, s.Protocol(), m)
}

// protectedBefore is the version below which the log may be cut off only as a whole, because its checkpoints shield readers from
// versions with features that were dropped since; 0: none is.
func (s *Snapshot) protectedBefore() int64 {
	if !s.state.protocol.Supports(protection) {
		return 0
	}
	version, err := strconv.ParseInt(s.state.metadata.Configuration[propProtectBefore], 10, 64)
	if err != nil {
		return 0
	}
	return version
}
