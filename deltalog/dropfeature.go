package deltalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	if d.rule.numbers {
		return changed, d.table.takeRowIDs(ctx, backfillFiles)
	}
	used, err := d.inUse(ctx)
	if err != nil {
		return changed, err
	}
	if !used {
		return changed, d.shieldVectors(ctx)
	}
	if d.opts.Purge == nil {
		return changed, errclass.DeltaFeatureDropHistory.New("Cannot drop %s because data files of the current version use it.", d.name).
			WithHint("Give DropFeatureOptions a Purge that writes them anew, as ALTER TABLE … DROP FEATURE does.")
	}
	if err := d.opts.Purge(ctx); err != nil {
		return changed, err
	}
	if used, err = d.inUse(ctx); err == nil && used {
		err = errors.New("data files use it still, after they were rewritten")
	}
	if err != nil {
		return true, err
	}
	return true, d.shieldVectors(ctx)
}

// unset takes the properties out of the table that make use of the feature, or turns them off.
func (d *featureDrop) unset(ctx context.Context, s *Snapshot) (changed bool, err error) {
	m := s.Metadata()
	op := Operation{Name: "SET TBLPROPERTIES", Parameters: Parameters{}.With("properties", jsonText(d.rule.settings))}
	unset := []string{}
	for _, name := range d.rule.properties {
		if m.Configuration[name] != d.rule.settings[name] {
			delete(m.Configuration, name)
			unset = append(unset, name)
		}
	}
	if len(d.rule.properties) > 0 {
		op = Operation{Name: "UNSET TBLPROPERTIES", Parameters: Parameters{}.With("properties", jsonText(unset)).With("ifExists", true)}
	}
	changed = len(unset) > 0 || d.rule.numbers
	for name, value := range d.rule.settings {
		if have, set := m.Configuration[name]; have != value && (set || len(unset) > 0 || d.rule.numbers) {
			m.Configuration[name], changed = value, true
		}
	}
	if !changed {
		return false, nil
	}
	txn := s.Begin(op)
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
