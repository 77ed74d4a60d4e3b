package deltalog

import (
	"context"
	"math"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
)

// A dropRule is how one feature is dropped.
type dropRule struct {
	properties []string                                     // leave the table first
	settings   map[string]string                            // it has then
	numbers    bool                                         // files have them, which they lose first
	later      []string                                     // leave it with the feature
	history    bool                                         // readers of older versions have to know the feature
	uses       func(*Actions) bool                          // what a commit looks like that makes use of it; nil: like any other
	refuse     func(*Metadata) error                        // what the user has to remove first
	finish     func(context.Context, *Snapshot, *Txn) error // more of the last commit
}

// dropRules are those of Delta on Spark. Features that are not here stay for good.
func dropRules() map[string]dropRule {
	return map[string]dropRule{
		"checkConstraints": {refuse: refuseConstraints},
		"deletionVectors":  {properties: []string{propVectors}, history: true, uses: usesVectors},
		"rowTracking": {
			settings: map[string]string{propRowTracking: "false", propRowTrackingSuspended: "true"}, numbers: true, finish: forgetRowIDs,
			later: []string{propRowTracking, propRowIDColumn, propCommitVersionColumn, propRowTrackingSuspended},
		},
		"domainMetadata":      {finish: forgetDomains},
		"v2Checkpoint":        {settings: map[string]string{propCheckpointPolicy: "classic"}, history: true, uses: usesV2Checkpoint},
		"inCommitTimestamp":   {properties: []string{propCommitTimes, propCommitTimesVersion, propCommitTimesSince}, settings: map[string]string{propCommitTimes: "false"}},
		"vacuumProtocolCheck": {history: true, uses: func(*Actions) bool { return false }},
		"columnMapping": {
			history: true,
			uses:    func(a *Actions) bool { return a.Metadata != nil && a.Metadata.ColumnMapping() != MappingNone },
		},
		"typeWidening":         {properties: []string{"delta.enableTypeWidening"}, history: true, uses: usesTypeChanges},
		"typeWidening-preview": {properties: []string{"delta.enableTypeWidening"}, history: true, uses: usesTypeChanges},
		featureMaterialize:     {later: []string{propMaterialize}},
		protection:             {},
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
	rest, err := s.numbered(ctx, math.MaxInt) // of who wrote since
	if err != nil {
		return err
	}
	x.Add(rest...)
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
