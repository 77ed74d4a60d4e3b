package main

import (
	"context"
	"errors"
	"fmt"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// knownTable is a Delta table of the catalog.
type knownTable struct {
	name string
	log  *deltalog.Table
	snap *deltalog.Snapshot
}

// knownTables opens the catalog's Delta tables. One that can't be opened is passed over: the question is about others.
func knownTables(ctx context.Context, session *medallion.Session) ([]knownTable, error) {
	schemas, err := column(ctx, session, "SHOW SCHEMAS", "namespace")
	if err != nil {
		return nil, err
	}
	var known []knownTable
	for _, schema := range schemas {
		names, err := column(ctx, session, "SHOW TABLES IN `"+schema+"`", "tableName")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			full := name
			if schema != "default" {
				full = schema + "." + name
			}
			log, err := session.DeltaLog(ctx, "`"+schema+"`.`"+name+"`")
			if err != nil {
				continue
			}
			if snap, err := log.Snapshot(ctx); err == nil {
				known = append(known, knownTable{full, log, snap})
			}
		}
	}
	return known, ctx.Err()
}

// column runs a statement and gives one column of its answer.
func column(ctx context.Context, session *medallion.Session, text, name string) ([]string, error) {
	frame, err := session.SQL(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := frame.Collect(ctx)
	if err != nil {
		return nil, err
	}
	values := make([]string, len(rows))
	for i, r := range rows {
		for c, n := range r.Names {
			if n == name {
				values[i] = fmt.Sprint(r.Values[c])
			}
		}
	}
	return values, nil
}

// txn is a batch of a query, as a table's log names it.
type txn struct {
	query string
	batch int64
}

// searched is how many versions of a log are read at once, from its end backwards.
const searched = 100

// versionOf finds the version that holds a batch; found is false where the log no longer holds it, or never did.
func versionOf(ctx context.Context, t knownTable, want txn) (found deltalog.CommitFile, ok bool, err error) {
	for end := t.snap.Version() + 1; end > 0; end -= searched {
		older := false
		for commit, err := range t.log.Changes(ctx, max(0, end-searched)) {
			if errors.Is(err, errclass.DeltaLogGap) {
				return found, false, nil
			}
			if err != nil {
				return found, false, err
			}
			if commit.Version >= end {
				break
			}
			for _, has := range commit.Actions.Transactions {
				if has.AppID == want.query && has.Version == want.batch {
					return commit, true, nil
				}
				older = older || has.AppID == want.query && has.Version < want.batch
			}
		}
		if older {
			break
		}
	}
	return found, false, nil
}

// rowsWritten is what a version says of itself.
func rowsWritten(commit deltalog.CommitFile) string {
	if info := commit.Actions.CommitInfo; info != nil && info.OperationMetrics["numOutputRows"] != "" {
		return info.OperationMetrics["numOutputRows"] + " rows"
	}
	return "it does not say how many rows"
}
