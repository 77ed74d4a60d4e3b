package medallion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/sql"
	"lakehouse/internal/state"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// momentText prints a moment in UTC.
func momentText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

// Kinds of sources, as far as their offsets tell them apart.
const (
	kindFiles = "files"
	kindDelta = "Delta table"
	kindKafka = "Kafka"
	kindCount = "a count (rate, socket, memory)"
)

// kindOfOffset is the kind of source that an offset of a checkpoint belongs to; empty where it does not tell.
func kindOfOffset(offset json.RawMessage) string {
	if _, ok := delta.ParsePosition(offset); ok {
		return kindDelta
	}
	var fields map[string]json.RawMessage
	switch err := json.Unmarshal(offset, &fields); {
	case offset == nil:
		return ""
	case err != nil:
		return kindCount
	case fields["logOffset"] != nil:
		return kindFiles
	}
	return kindKafka
}

func kindOfProvider(leaf *logical.StreamRelation) string {
	switch leaf.Provider.(type) {
	case *autoloader.Provider:
		return kindFiles
	case *delta.Provider:
		return kindDelta
	}
	if strings.HasPrefix(leaf.Provider.String(), "Kafka") {
		return kindKafka
	}
	return kindCount
}

// sources compares the sources one by one, in the order of the plan: that is how a checkpoint knows them.
func (c *restartCheck) sources(ctx context.Context) error {
	leaves := logical.Streams(c.node)
	c.entry.Sources = c.entry.SourcesOf(len(leaves))
	if was, now := len(c.entry.Sources), len(leaves); was != now {
		c.found("number of sources", fmt.Sprint(was), fmt.Sprint(now), Incompatible, fmt.Sprintf(
			"There are [%d] sources in the checkpoint offsets and now there are [%d] sources requested by the query", was, now))
		return nil
	}
	for i, leaf := range leaves {
		offset := c.entry.Sources[i]
		was, now := kindOfOffset(offset), kindOfProvider(leaf)
		what := fmt.Sprintf("source %d", i)
		if was != "" && was != now {
			c.found(what, was, leaf.Provider.String(), Incompatible, "the checkpoint's offsets are of another kind of source")
			continue
		}
		if err := c.source(ctx, what, i, leaf); err != nil {
			return err
		}
	}
	return nil
}

func (c *restartCheck) source(ctx context.Context, what string, i int, leaf *logical.StreamRelation) error {
	offset := c.entry.Sources[i]
	switch p := leaf.Provider.(type) {
	case *delta.Provider:
		return c.deltaSource(ctx, what, offset, p)
	case *autoloader.Provider:
		return c.fileSource(ctx, what, i, offset, p)
	}
	c.found(what, string(offset), leaf.Provider.String(), Unchanged, "")
	return nil
}

func (c *restartCheck) deltaSource(ctx context.Context, what string, offset json.RawMessage, p *delta.Provider) error {
	id, err := p.TableID(ctx)
	if err != nil {
		return err
	}
	position, _ := delta.ParsePosition(offset)
	if position.TableID != "" && position.TableID != id {
		c.found(what, "table of id "+position.TableID, p.String()+" of id "+id, Incompatible,
			"DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE: another table, or one that was dropped and made again")
		return nil
	}
	c.found(what, position.String(), p.String(), Unchanged, "")
	return nil
}

// fileSource: files are known by their paths, and the log of another folder's says nothing of this one.
func (c *restartCheck) fileSource(ctx context.Context, what string, i int, offset json.RawMessage, p *autoloader.Provider) error {
	if offset == nil {
		c.found(what, "nothing yet", p.String(), Unchanged, "")
		return nil
	}
	tally, err := autoloader.Count(ctx, c.store, i, offset)
	if err != nil {
		return err
	}
	was := fmt.Sprintf("%d files", tally.Files)
	if len(tally.Newest) > 0 && !p.Holds(tally.Newest[len(tally.Newest)-1]) {
		c.found(what, was+", "+tally.Newest[len(tally.Newest)-1], p.String(), Incompatible, "STREAMING_SOURCES_CHANGED: the checkpoint belongs to a query that reads another folder")
		return nil
	}
	c.found(what, was, p.String(), Unchanged, "")
	return nil
}

func describeState(ctx context.Context, store volumes.Store) ([]state.Kept, error) {
	return state.Describe(ctx, store, "state")
}

// rehearsed is the state that the query would make of its own.
func (c *restartCheck) rehearsed(ctx context.Context) ([]state.Kept, error) {
	at, err := c.session.scratch()
	if err != nil {
		return nil, err
	}
	store, err := at.Sub()
	if err != nil {
		return nil, err
	}
	err = stream.Rehearse(ctx, stream.Config{
		Plan: c.node, Mode: c.writer.mode, Checkpoint: store, Location: at.URI, Partitions: c.session.confInt(confPartitions),
		Env: c.session.env, Clock: c.session.clock, Log: c.session.log,
	})
	if err != nil {
		return nil, err
	}
	return describeState(ctx, store)
}

// operator compares the stateful operators at one place.
func (c *restartCheck) operator(i int, was, now []state.Kept) {
	what := fmt.Sprintf("state operator %d", i)
	switch {
	case i >= len(was):
		c.found(what, "none", now[i].Name, Incompatible, "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA: a stateful operator is new, and what it should remember of the batches so far is not there")
	case i >= len(now):
		c.found(what, operatorName(was[i]), "none", Incompatible, "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA: a stateful operator is gone")
	case was[i].Name != "" && was[i].Name != now[i].Name:
		c.found(what, was[i].Name, now[i].Name, Incompatible, "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA: stateful operators keep their number, order and kind")
	default:
		c.stores(what, was[i], now[i])
	}
}

func operatorName(d state.Kept) string {
	if d.Name == "" {
		return "of an older Spark"
	}
	return d.Name
}

func (c *restartCheck) stores(what string, was, now state.Kept) {
	for _, store := range now.Stores {
		for _, old := range was.Stores {
			if old.Name != store.Name {
				continue
			}
			err := state.CompareStores(old, store)
			switch {
			case errors.Is(err, errclass.StateKeySchema):
				c.found(what, "key "+old.Key.String(), "key "+store.Key.String(), Incompatible, "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE: number and types of the grouping, deduplication or join columns must stay")
				return
			case err != nil:
				c.found(what, "value "+old.Value.String(), "value "+store.Value.String(), Incompatible, "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE: number and types of the aggregates must stay")
				return
			}
		}
	}
	c.found(what, operatorName(was), now.Name, Unchanged, "")
}

// deltaSink: a Delta table remembers the last batch of each query that wrote to it, and the mode it was written in.
func (c *restartCheck) deltaSink(ctx context.Context) error {
	table, name, err := c.target(ctx)
	if err != nil || name == "" {
		return err
	}
	snap, err := table.Log.Snapshot(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		c.foundNewSink(name, "it is not there yet")
		return nil
	}
	if err != nil {
		return err
	}
	batch, ok, err := snap.SetTransaction(ctx, c.plan.QueryID)
	if err != nil {
		return err
	}
	if !ok {
		c.foundNewSink(name, "it knows nothing of this query")
		return nil
	}
	if batch+1 < c.plan.Batch {
		c.found("sink", fmt.Sprintf("%d batches", c.plan.Batch), fmt.Sprintf("%s, with batches up to %d", name, batch), Incompatible,
			"batches that the checkpoint holds for written are not in the table: it was restored to an older version, or is another")
		return nil
	}
	c.found("sink", "batches up to "+fmt.Sprint(batch), name, Unchanged, "")
	return c.outputMode(ctx, table)
}

func (c *restartCheck) foundNewSink(name, why string) {
	if c.plan.Batch > 0 {
		c.found("sink", "another", name, Risky, fmt.Sprintf("%s: it gets what comes from batch %d on, and nothing of what was before", why, c.plan.Batch))
	}
}

// target is the Delta table that the query would write; the name is empty where none was said.
func (c *restartCheck) target(ctx context.Context) (delta.Table, string, error) {
	if c.table == "" {
		path := c.writer.options["path"]
		if path == "" {
			return delta.Table{}, "", nil
		}
		table, err := c.session.deltaTable(path)
		return table, "delta " + table.URI, err
	}
	parts, err := sql.ParseTableName(c.table)
	if err != nil {
		return delta.Table{}, "", err
	}
	table, err := c.session.tableOf(ctx, parts)
	if errors.Is(err, errclass.TableNotFound) {
		c.foundNewSink("table "+c.table, "it is not there yet")
		return table, "", nil
	}
	return table, "table " + c.table, err
}

// outputMode compares the mode with that of the query's newest version in the table, where that is among the newest versions.
func (c *restartCheck) outputMode(ctx context.Context, table delta.Table) error {
	latest, err := table.Log.LatestVersion(ctx)
	if err != nil {
		return err
	}
	was := ""
	for commit, err := range table.Log.Changes(ctx, max(0, latest-modeLookback)) {
		if errors.Is(err, errclass.DeltaLogGap) {
			return nil
		}
		if err != nil {
			return err
		}
		info := commit.Actions.CommitInfo
		if info != nil && fmt.Sprint(info.OperationParameters.Get("queryId")) == c.plan.QueryID {
			was = strings.ToLower(fmt.Sprint(info.OperationParameters.Get("outputMode")))
		}
	}
	now := strings.ToLower(c.writer.mode.String())
	switch {
	case was == "":
	case was == now:
		c.found("output mode", was, now, Unchanged, "")
	case !c.stateful():
		c.found("output mode", was, now, Compatible, "a query without state gives the same rows in both")
	default:
		c.found("output mode", was, now, Risky, "groups that were emitted or let go of under the old mode are not made good under the new one")
	}
	return nil
}

// modeLookback is how many versions of a table are searched for one of the query's.
const modeLookback = 50

func (c *restartCheck) stateful() bool {
	for _, f := range c.plan.Findings {
		if strings.HasPrefix(f.What, "state operator") {
			return true
		}
	}
	return false
}
