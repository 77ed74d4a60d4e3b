package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
)

// recover finds where the last run stopped: after a committed batch, or between the two logs.
func (q *Query) recover(ctx context.Context) error {
	last, entry, planned, err := q.cp.Offsets.Latest(ctx)
	if err != nil {
		return err
	}
	committed, commit, done, err := q.cp.Commits.Latest(ctx)
	if err != nil {
		return err
	}
	conf := entry.Conf // of a query that goes on; of a new one those that its first batch will have
	if !planned {
		conf = checkpoint.Conf{{Key: checkpoint.MultipleWatermarkPolicy, Value: q.cfg.watermarkPolicy()}}
	}
	if q.run.watermark, err = newWatermarkTracker(q.cfg.Plan, conf); err != nil {
		return err
	}
	q.run.watermark.ms = entry.WatermarkMs
	q.run.format, q.run.sinks = entry.Format, commit.Sinks
	entry.Sources = entry.SourcesOf(len(q.streams))
	switch {
	case done && (!planned || committed > last):
		return q.inconsistent("batch %d is committed, but offsets/%d, which says what it read, is gone", committed, committed)
	case !planned:
		return nil
	case namedSources(entry.Conf):
		return errclass.UnsupportedFeature.New("the sources of this checkpoint have names (%s = true); this engine knows sources by their place in the query.", checkpoint.SourceEvolution).
			WithHint("Start the query with a new checkpoint, or go on with it in Spark.")
	case len(entry.Sources) != len(q.streams):
		return errclass.SourcesChanged.New("There are [%d] sources in the checkpoint offsets and now there are [%d] sources requested by the query. Cannot continue.",
			len(entry.Sources), len(q.streams)).
			WithHint("Give the changed query a checkpoint folder of its own; this one is %s.", q.cfg.Location)
	case done && committed == last:
		q.run.next = last + 1
		q.run.lateMs, q.run.watermark.ms = entry.WatermarkMs, max(entry.WatermarkMs, commit.NextWatermarkMs)
		q.startAt(entry)
		return nil
	case done && committed < last-1:
		q.cfg.Log.Warn("commits are missing in the checkpoint: the batches were planned after them", "checkpoint", q.cfg.Location,
			"committed", committed, "planned", last)
	}
	return q.repeat(ctx, last, entry)
}

// repeat makes the last planned batch the next to run, from where the one before it ended.
func (q *Query) repeat(ctx context.Context, last int64, entry checkpoint.Offsets) error {
	q.run.next, q.run.pending = last, &pending{id: last, entry: entry}
	if last == 0 {
		return nil
	}
	before, err := q.cp.Offsets.Get(ctx, last-1)
	if errors.Is(err, fs.ErrNotExist) {
		return q.inconsistent("batch %d is to be run again, but offsets/%d, where it starts, is gone", last, last-1)
	}
	if err != nil {
		return fmt.Errorf("read the offsets before the unfinished batch %d: %w", last, err)
	}
	before.Sources = before.SourcesOf(len(q.streams))
	if len(before.Sources) != len(q.streams) {
		return q.inconsistent("offsets/%d names %d sources and offsets/%d names %d", last-1, len(before.Sources), last, len(q.streams))
	}
	q.run.lateMs = before.WatermarkMs
	q.startAt(before)
	return nil
}

// namedSources: Spark keeps the logs of such sources under their names.
func namedSources(conf checkpoint.Conf) bool {
	value, _ := conf.Get(checkpoint.SourceEvolution)
	return value == "true"
}

func (q *Query) startAt(entry checkpoint.Offsets) {
	for i, s := range q.streams {
		s.at = entry.Sources[i]
	}
}

func (q *Query) inconsistent(format string, args ...any) error {
	return errclass.CheckpointInconsistent.New("Checkpoint location %s is in an inconsistent state: %s.", q.cfg.Location, fmt.Sprintf(format, args...)).
		WithHint("Files of the checkpoint were lost: restore them, or start with a new checkpoint.")
}

// readableState is the settings of a checkpoint under which its state can be read.
var readableState = []checkpoint.Setting{
	{Key: checkpoint.StateProviderClass, Value: checkpoint.HDFSProvider},
	{Key: checkpoint.StateEncodingFormat, Value: "unsaferow"},
	{Key: checkpoint.AggregationStateVersion, Value: "2"},
	{Key: checkpoint.StateRowChecksum, Value: "false"},
}

// checkJoinState refuses the state of a join in a version of Spark's format that needs another store: the third and the fourth keep it in
// column families, which RocksDB alone has. The first is for inner joins (SPARK-26154), which the join sees to.
func checkJoinState(spec state.Spec, conf checkpoint.Conf) error {
	version, ok := conf.Get(checkpoint.JoinStateVersion)
	if spec.Name != exec.StreamJoinName || !ok || version == "1" || version == "2" {
		return nil
	}
	return errclass.UnsupportedFeature.New("the state of this join of streams was written with %s = %s, which is RocksDB's alone; 1 and 2 are read.", checkpoint.JoinStateVersion, version).
		WithHint("Start the query with a new checkpoint, or go on with it in Spark.")
}

// checkState refuses a checkpoint whose state another provider wrote, or in a form that is not read.
func checkState(conf checkpoint.Conf) error {
	if codec, ok := conf.Get(checkpoint.StateCompressionCodec); ok && !slices.Contains(state.Codecs, codec) {
		return errclass.UnsupportedFeature.New("the state of this checkpoint was written with %s = %s; %s are read.", checkpoint.StateCompressionCodec, codec, strings.Join(state.Codecs, ", ")).
			WithHint("Start the query with a new checkpoint, or go on with it in Spark.")
	}
	for _, want := range readableState {
		if value, ok := conf.Get(want.Key); ok && value != want.Value {
			return errclass.UnsupportedFeature.New("the state of this checkpoint was written with %s = %s; only %s is read.", want.Key, value, want.Value).
				WithHint("Start the query with a new checkpoint, or go on with it in Spark.")
		}
	}
	return nil
}
