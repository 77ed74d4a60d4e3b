package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lakehouse/deltalog"
	"lakehouse/medallion"
)

// A foreignReader is another engine that opens Delta tables. The lists name the features of the protocol that it knows; a feature that
// is asked of writers only does not keep anybody from reading.
type foreignReader struct {
	name          string
	reads, writes []string
	noWrites      bool // it writes no table at all, or none that exists
	note          string
}

// Features by what they ask of: readers, or writers alone.
var (
	oldWriterFeatures = []string{"appendOnly", "invariants", "checkConstraints", "changeDataFeed", "generatedColumns"}
	kernelReads       = []string{
		"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "typeWidening", "typeWidening-preview", "variantType", "variantType-preview",
		"variantShredding", "variantShredding-preview", "vacuumProtocolCheck",
	}
	allWriterFeatures = slices.Concat(oldWriterFeatures, kernelReads, []string{
		"identityColumns", "rowTracking", "domainMetadata", "inCommitTimestamp", "clustering", "allowColumnDefaults", "icebergCompatV1", "icebergCompatV2", "checkpointProtection",
	})
)

// foreignReaders are the engines, in the versions whose documentation and sources say so; the tests of internal/interop run those that
// can be had.
var foreignReaders = []foreignReader{
	{name: "Spark + Delta 4.4", reads: slices.Concat(kernelReads, []string{"catalogManaged"}), writes: allWriterFeatures},
	{
		name:  "delta-rs 1.6",
		reads: []string{"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "variantType", "variantType-preview"},
		writes: slices.Concat(oldWriterFeatures, []string{
			"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "variantType", "variantType-preview",
		}),
		note: "writes no deletion vectors of its own",
	},
	{
		name: "delta-kernel-rs 0.27", reads: slices.Concat(kernelReads, []string{"catalogManaged"}),
		writes: []string{
			"appendOnly", "invariants", "columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "variantType", "variantType-preview",
			"domainMetadata", "inCommitTimestamp", "rowTracking", "clustering", "allowColumnDefaults", "vacuumProtocolCheck",
		},
		note: "appends only",
	},
	{name: "DuckDB (delta extension)", reads: kernelReads, writes: []string{"appendOnly", "invariants", "timestampNtz", "v2Checkpoint"}, note: "appends only"},
	{
		name: "Polars 2.1", reads: []string{"deletionVectors", "timestampNtz", "variantType", "variantType-preview"},
		writes: slices.Concat(oldWriterFeatures, []string{"deletionVectors", "timestampNtz", "variantType", "variantType-preview"}), note: "writes by delta-rs",
	},
	{name: "ClickHouse (deltaLake)", reads: kernelReads, noWrites: true},
	{
		name: "Trino", reads: []string{"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "typeWidening", "typeWidening-preview", "variantType", "variantType-preview", "vacuumProtocolCheck"},
		writes: []string{"appendOnly", "invariants", "checkConstraints", "changeDataFeed", "columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"},
	},
}

func (a *app) interopCommand() *cobra.Command {
	cmd := group("interop", "Other engines and the tables here: check.")
	cmd.AddCommand(a.tableVerb("check", "Tells which engines can open a table, and what to drop for the weakest.", a.interopCheck))
	return cmd
}

// interopCheck prints, feature by feature, who knows it, and then the ways out.
func (a *app) interopCheck(ctx context.Context, table string) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	snap, err := snapshotOf(ctx, session, table)
	if err != nil {
		return err
	}
	protocol := snap.Protocol()
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "reader version %d, writer version %d\n\n", protocol.MinReaderVersion, protocol.MinWriterVersion)
	reads, writes := demands(protocol)
	fmt.Fprint(out, "feature\tasked of\t")
	for _, r := range foreignReaders {
		fmt.Fprintf(out, "%s\t", r.name)
	}
	fmt.Fprintln(out)
	for _, f := range writes {
		asked := "writers"
		if slices.Contains(reads, f) {
			asked = "readers and writers"
		}
		fmt.Fprintf(out, "%s\t%s\t", f, asked)
		for _, r := range foreignReaders {
			fmt.Fprintf(out, "%s\t", r.knows(f, slices.Contains(reads, f)))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
	for _, r := range foreignReaders {
		fmt.Fprintf(out, "%s\t%s\n", r.name, r.verdict(reads, writes))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, line := range wayOut(table, reads) {
		fmt.Fprintln(a.out, line)
	}
	return nil
}

func snapshotOf(ctx context.Context, session *medallion.Session, table string) (*deltalog.Snapshot, error) {
	log, err := session.DeltaLog(ctx, table)
	if err != nil {
		return nil, err
	}
	return log.Snapshot(ctx)
}

// demands are the features that a protocol asks of readers, and of writers, which know those of readers too.
func demands(p deltalog.Protocol) (reads, writes []string) {
	writes = p.Features()
	switch {
	case p.MinReaderVersion >= 3:
		reads = p.ReaderFeatures
	case p.MinReaderVersion == 2:
		reads = []string{"columnMapping"}
	}
	return reads, writes
}

// knows says what an engine can do with a table that has the feature.
func (r *foreignReader) knows(feature string, readers bool) string {
	switch reads, writes := !readers || slices.Contains(r.reads, feature), !r.noWrites && slices.Contains(r.writes, feature); {
	case !reads:
		return "no"
	case writes:
		return "reads, writes"
	}
	return "reads"
}

func (r *foreignReader) verdict(reads, writes []string) string {
	if missing := without(reads, r.reads); len(missing) > 0 {
		return "cannot open it: " + strings.Join(missing, ", ")
	}
	if r.noWrites {
		return "reads it; writes no tables"
	}
	if missing := without(writes, r.writes); len(missing) > 0 {
		return "reads it; cannot write it: " + strings.Join(missing, ", ")
	}
	if r.note != "" {
		return "reads and writes it (" + r.note + ")"
	}
	return "reads and writes it"
}

func without(all, known []string) []string {
	var missing []string
	for _, f := range all {
		if !slices.Contains(known, f) {
			missing = append(missing, f)
		}
	}
	return missing
}

// wayOut is what to drop so that every engine opens the table.
func wayOut(table string, reads []string) []string {
	var lines []string
	for _, f := range reads {
		var weak []string
		for _, r := range foreignReaders {
			if !slices.Contains(r.reads, f) {
				weak = append(weak, r.name)
			}
		}
		if len(weak) > 0 {
			lines = append(lines, fmt.Sprintf("For %s: ALTER TABLE %s DROP FEATURE %s", strings.Join(weak, ", "), table, f))
		}
	}
	if len(lines) == 0 {
		return []string{"", "Every one of them can read the table."}
	}
	return append([]string{""}, lines...)
}
