package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
)

// pending is a batch that is planned: its offsets are in the log.
type pending struct {
	id    int64
	entry checkpoint.Offsets
}

// counted is what a batch reports of its rows.
type counted struct {
	input  []*atomic.Int64  // by stream
	read   []logical.Source // by stream
	output int64
	state  []state.Progress // guarded by mu
	ends   []Offset
	events eventTimes
	plan   *exec.Plan

	mu       sync.Mutex                 // of what operators report, side by side
	opened   []*state.Operator          // guarded by mu
	observed map[string]json.RawMessage // guarded by mu
}

// step runs one batch, when there is one to run. It is exactly-once by the order of its durable steps:
// what each source will give, the intent (offsets/n), the effect (the sink, which keeps n), done (commits/n).
func (q *Query) step(ctx context.Context, watch *stopwatch) (ran bool, err error) {
	batch, err := q.intend(ctx, watch)
	if err != nil || batch == nil {
		return false, err
	}
	q.setStatus(statusRunning, true, true)
	rows, err := q.effect(ctx, batch, watch)
	if err != nil {
		return false, err
	}
	q.run.watermark.advance(&rows.events)
	if err := watch.measure("commitOffsets", func() error {
		return q.cp.Commits.Put(ctx, batch.id, checkpoint.Commit{NextWatermarkMs: q.run.watermark.ms, Sinks: q.run.sinks})
	}); err != nil {
		return false, err
	}
	done := q.progress(batch.id, batch.entry.WatermarkMs, watch, rows)
	q.report(done)
	q.post(func(l Listener) { l.OnQueryProgress(ProgressEvent{done}) })
	for i, s := range q.streams {
		s.at = batch.entry.Sources[i]
	}
	q.run.next, q.run.pending, q.run.ranBatch, q.run.conf = batch.id+1, nil, true, batch.entry.Conf
	q.run.plan, q.run.lateMs = rows.plan, batch.entry.WatermarkMs
	return true, q.cp.Purge(ctx, q.run.next, q.cfg.Life.RetainBatches)
}

// intend gives the batch to run: the one a run before left unfinished, or a new one over what the
// sources have now, or one without data, when the watermark has moved and closes something. Nil: there is nothing to do.
func (q *Query) intend(ctx context.Context, watch *stopwatch) (*pending, error) {
	if err := q.freeze(ctx); err != nil {
		return nil, err
	}
	if q.run.pending != nil {
		return q.run.pending, nil
	}
	ends, fresh, err := q.latest(ctx, watch)
	if err != nil || !fresh && !q.closesSomething() {
		return nil, err
	}
	conf, err := q.conf(ctx)
	if err != nil {
		return nil, err
	}
	batch := &pending{id: q.run.next, entry: checkpoint.Offsets{
		WatermarkMs: q.run.watermark.ms, TimestampMs: q.cfg.Clock().UnixMilli(), Conf: conf, Sources: ends, Format: q.run.format,
	}}
	q.setStatus(statusPlanned, true, true)
	if err := watch.measure("walCommit", func() error { return q.cp.Offsets.Put(ctx, batch.id, batch.entry) }); err != nil {
		return nil, err
	}
	q.run.pending = batch
	for _, s := range q.streams {
		if s.at != nil { // what went before is in the sink for good: the source may clean up
			if err := s.source.Commit(ctx, s.at); err != nil {
				return nil, err
			}
		}
	}
	return batch, nil
}

// closesSomething reports whether a batch without data has something to emit or to evict: where the batch before, of this run,
// has moved the watermark.
func (q *Query) closesSomething() bool {
	return !q.cfg.NoEmptyBatches && q.run.plan != nil && q.run.plan.WantsBatch(q.run.watermark.ms)
}

func (q *Query) freeze(ctx context.Context) error {
	if q.cfg.Trigger.kind != untilCaughtUp || q.run.frozen {
		return nil
	}
	for _, s := range q.streams {
		if err := s.source.Freeze(ctx); err != nil {
			return err
		}
	}
	q.run.frozen = true
	return nil
}

func (q *Query) latest(ctx context.Context, watch *stopwatch) (ends []json.RawMessage, fresh bool, err error) {
	limit := LimitByOptions
	if q.cfg.Trigger.kind == justOnce {
		limit = LimitNone
	}
	ends = make([]json.RawMessage, len(q.streams))
	for i, s := range q.streams {
		q.setStatus(statusOffsets+s.source.Description(), false, true)
		err := watch.measure("latestOffset", func() (err error) {
			ends[i], err = s.source.Latest(ctx, q.run.next, s.at, limit)
			return err
		})
		if err != nil {
			return nil, false, err
		}
		fresh = fresh || !bytes.Equal(ends[i], s.at)
	}
	return ends, fresh, nil
}

// conf is the settings that state depends on: those of the first batch, for ever.
func (q *Query) conf(ctx context.Context) (checkpoint.Conf, error) {
	if q.run.next == 0 {
		return checkpoint.DefaultConf(q.cfg.Partitions).With(checkpoint.MultipleWatermarkPolicy, q.cfg.watermarkPolicy()), nil
	}
	if q.run.ranBatch {
		return q.run.conf, nil
	}
	entry, err := q.cp.Offsets.Get(ctx, q.run.next-1)
	return entry.Conf, err
}

// effect runs the plan over the batch's rows into the sink.
func (q *Query) effect(ctx context.Context, batch *pending, watch *stopwatch) (*counted, error) {
	rows := &counted{ends: batch.entry.Sources}
	bySource := map[logical.Source]*atomic.Int64{}
	byLeaf := map[*logical.StreamRelation]logical.Source{}
	err := watch.measure("getBatch", func() error {
		for i, s := range q.streams {
			source, err := s.rows(ctx, batch.entry.Sources[i])
			if err != nil {
				return err
			}
			count := new(atomic.Int64)
			byLeaf[s.leaf], bySource[source] = source, count
			rows.input, rows.read = append(rows.input, count), append(rows.read, source)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := watch.measure("queryPlanning", func() (err error) {
		rows.plan, err = q.build(ctx, batch, byLeaf, bySource, rows)
		return err
	}); err != nil {
		return nil, err
	}
	err = watch.measure("addBatch", func() (err error) {
		if rows.output, err = q.sink.Write(ctx, batch.id, rows.plan.Operator); err != nil {
			return err
		}
		return rows.checkState(batch.id + 1)
	})
	if _, classed := errors.AsType[*errclass.Error](err); errors.Is(err, fs.ErrNotExist) && !classed {
		err = errclass.SourceFileMissing.New("batch %d needs a file that is gone: %w", batch.id, err)
	}
	return rows, err
}

// checkState holds a sink to its promise: it takes all rows of a batch that it begins, so that the state gets its next version.
func (c *counted) checkState(version int64) error {
	for _, o := range c.opened {
		if o.Version() != version {
			return fmt.Errorf("internal error: the sink left rows of batch %d, whose state is of version %d", version-1, o.Version())
		}
	}
	return nil
}

// rows gives the rows up to end; where the source has nothing new, it is not asked.
func (s *openStream) rows(ctx context.Context, end Offset) (logical.Source, error) {
	if bytes.Equal(s.at, end) {
		return logical.NewLocalRelation(s.source.Schema(), nil).Source, nil
	}
	return s.source.Rows(ctx, s.at, end)
}

// partitionsOf is how many partitions the state of a new operator gets. The second version of offsets/N does not say, as Spark 4.2 writes
// it: an operator that is there already knows by its metadata.
func (q *Query) partitionsOf(conf checkpoint.Conf) (int, error) {
	frozen, found := conf.Get(checkpoint.ShufflePartitions)
	if !found {
		return q.cfg.Partitions, nil
	}
	partitions, err := strconv.Atoi(frozen)
	if err != nil {
		return 0, fmt.Errorf("read %s of the checkpoint %s: %w", checkpoint.ShufflePartitions, q.cfg.Location, err)
	}
	return partitions, nil
}

// versionOf is a setting that is a number; 0: it is none.
func versionOf(value string) int {
	version, err := strconv.Atoi(value)
	if err != nil {
		return 0
	}
	return version
}

func (q *Query) build(ctx context.Context, batch *pending, byLeaf map[*logical.StreamRelation]logical.Source, bySource map[logical.Source]*atomic.Int64, rows *counted) (*exec.Plan, error) {
	env := q.cfg.Env()
	env.Eval.Now = time.UnixMilli(batch.entry.TimestampMs)
	env.OnRows = func(source logical.Source, n int64) {
		if count := bySource[source]; count != nil {
			count.Add(n)
		}
	}
	partitions, err := q.partitionsOf(batch.entry.Conf)
	if err != nil {
		return nil, err
	}
	joinFormat, _ := batch.entry.Conf.Get(checkpoint.JoinStateVersion)
	env.Batch = &exec.MicroBatch{
		JoinFormat: versionOf(joinFormat),
		ID:         batch.id, Mode: q.cfg.Mode, Clock: q.cfg.Clock, TimestampMs: batch.entry.TimestampMs,
		WatermarkMs: batch.entry.WatermarkMs, LateWatermarkMs: q.run.lateMs, EventTime: rows.events.note,
		State: func(ctx context.Context, spec state.Spec) (*state.Operator, error) {
			if err := checkState(batch.entry.Conf); err != nil {
				return nil, err
			}
			if err := checkJoinState(spec, batch.entry.Conf); err != nil {
				return nil, err
			}
			codec, _ := batch.entry.Conf.Get(checkpoint.StateCompressionCodec)
			o, err := state.Open(ctx, spec, state.OpenOptions{
				Codec: state.Codec(codec),
				Store: q.cfg.Checkpoint, Dir: "state", Version: batch.id, Partitions: partitions, Cache: &q.run.state,
				Workers: env.Workers, Budget: env.StateBudget, MinDeltas: env.MinDeltas,
			})
			rows.mu.Lock()
			defer rows.mu.Unlock()
			rows.opened = append(rows.opened, o)
			return o, err
		},
		Progress: func(p state.Progress) { // of operators side by side, a union's say
			rows.mu.Lock()
			defer rows.mu.Unlock()
			rows.state = append(rows.state, p)
		},
	}
	env.Observed = func(name string, metrics arrow.RecordBatch) { rows.observe(env.Eval.TimeZone, name, metrics) }
	node := logical.ReplaceStreams(q.cfg.Plan, func(leaf *logical.StreamRelation) logical.Source { return byLeaf[leaf] })
	if node, err = logical.Renew(ctx, node); err != nil {
		return nil, err
	}
	return exec.BuildBatch(logical.Optimize(node), env)
}

// progress is the report of batch id, which used the watermark; rows is nil when no batch ran.
func (q *Query) progress(id, watermarkMs int64, watch *stopwatch, rows *counted) Progress {
	now := q.cfg.Clock()
	took := now.Sub(q.run.began)
	since := forever // the rows of the first round
	if !q.run.before.IsZero() {
		since = q.run.began.Sub(q.run.before)
	}
	q.run.lastReport = now
	watch.took["triggerExecution"] = took
	p := Progress{
		ID: q.ID(), RunID: q.runID, Name: q.name(), Timestamp: q.run.began.UTC().Format(timestampFormat),
		BatchID: id, BatchDuration: took.Milliseconds(), DurationMs: watch.millis(),
		StateOperators: []StateProgress{}, Sink: SinkProgress{Description: q.sink.Description(), NumOutputRows: -1},
	}
	for i, s := range q.streams {
		sp := SourceProgress{Description: s.source.Description(), StartOffset: s.at, EndOffset: s.at}
		if rows != nil {
			sp.EndOffset, sp.NumInputRows = rows.ends[i], rows.input[i].Load()
		}
		if f, ok := s.source.(Farseeing); ok {
			sp.LatestOffset = f.LatestOffset()
		}
		if m, ok := s.source.(Metered); ok {
			sp.Metrics = m.Metrics()
		}
		if rows != nil {
			if a, ok := rows.read[i].(Accounted); ok {
				sp.account(a.Files())
			}
		}
		sp.InputRowsPerSecond, sp.ProcessedRowsPerSecond = rate(sp.NumInputRows, since), rate(sp.NumInputRows, took)
		p.NumInputRows += sp.NumInputRows
		p.Sources = append(p.Sources, sp)
	}
	p.InputRowsPerSecond, p.ProcessedRowsPerSecond = rate(p.NumInputRows, since), rate(p.NumInputRows, took)
	if rows == nil {
		p.EventTime = q.run.watermark.report(watermarkMs, nil)
		return p
	}
	p.Sink.NumOutputRows = rows.output
	p.ObservedMetrics = rows.observed
	p.StateOperators = stateProgress(rows.state)
	p.EventTime = q.run.watermark.report(watermarkMs, &rows.events)
	return p
}
