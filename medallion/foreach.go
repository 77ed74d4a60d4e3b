package medallion

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/memory"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/sql"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A BatchFunc takes one micro-batch of a stream. The frame is at rest and may be used many times: its rows were read once and
// are held in memory while the function runs. Its session is one of the query's own, beside that which started it: temporary
// views and settings stay there.
//
// After a failure or a restart a batch comes again, with the same id and the same rows: what the function has done by then is
// done twice, unless it says by the id what it has done. Writes into Delta tables do by options txnAppId and txnVersion.
type BatchFunc func(ctx context.Context, rows *DataFrame, batchID int64) error

// ForeachBatch gives each micro-batch to a function, instead of a sink.
func (w DataStreamWriter) ForeachBatch(f BatchFunc) DataStreamWriter {
	w.each = func(s *Session, _ string, schema Schema) stream.Sink {
		return &batchSink{session: s, schema: schema, f: f}
	}
	return w
}

// ForeachBatchSQL runs a script for each micro-batch, in which the batch's rows are the view of that name. Each statement that
// inserts into a Delta table does so once a batch, also when the batch comes again: it is known by the query's id, the
// statement's place in the script and the batch's id.
func (w DataStreamWriter) ForeachBatchSQL(view, script string) DataStreamWriter {
	statements, rest := sql.Split(script)
	if !sql.Blank(rest) {
		statements = append(statements, rest)
	}
	w.each = func(s *Session, queryID string, schema Schema) stream.Sink {
		return &batchSink{session: s, schema: schema, f: func(ctx context.Context, rows *DataFrame, id int64) error {
			return runScript(ctx, rows, view, statements, queryID, id)
		}}
	}
	return w
}

func runScript(ctx context.Context, rows *DataFrame, view string, statements []string, queryID string, id int64) error {
	if err := rows.CreateOrReplaceTempView(ctx, view); err != nil {
		return err
	}
	for i, text := range statements {
		if sql.Blank(text) {
			continue
		}
		rows.session.setWriter(&writerVersion{app: fmt.Sprintf("%s-%d", queryID, i), version: id})
		answer, err := rows.session.SQL(ctx, text)
		if err == nil && answer != nil {
			_, err = answer.Collect(ctx) // a query may fail, too
		}
		if err != nil {
			return fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return nil
}

// A ForeachWriter takes rows one by one. There is one for each part of a batch, in its own goroutine.
type ForeachWriter interface {
	// Open begins a part of a batch. False passes it over: the writer knows that it has it. The same part of a batch that comes
	// again need not hold the same rows.
	Open(ctx context.Context, partition, batchID int64) (bool, error)
	Process(ctx context.Context, row Row) error
	// Close is called after Open, whatever came of it, with what has failed; nil: nothing.
	Close(ctx context.Context, failed error) error
}

// Foreach gives each row to a writer, of which newWriter makes one for each part of a batch.
func (w DataStreamWriter) Foreach(newWriter func() ForeachWriter) DataStreamWriter {
	w.each = func(s *Session, _ string, _ Schema) stream.Sink { return &rowSink{session: s, newWriter: newWriter} }
	return w
}

// ForeachRow gives each row to a function, which several goroutines may call at once.
func (w DataStreamWriter) ForeachRow(f func(ctx context.Context, row Row) error) DataStreamWriter {
	return w.Foreach(func() ForeachWriter { return rowFunc(f) })
}

type rowFunc func(ctx context.Context, row Row) error

func (rowFunc) Open(context.Context, int64, int64) (bool, error) { return true, nil }

func (f rowFunc) Process(ctx context.Context, row Row) error { return f(ctx, row) }

func (rowFunc) Close(context.Context, error) error { return nil }

// startEach starts a query into the user's own code.
func (w DataStreamWriter) startEach(ctx context.Context) (*StreamingQuery, error) {
	opts, node, err := w.prepare(ctx, nil)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, false)
	if err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(_ context.Context, queryID string) (stream.Sink, error) {
		return w.each(w.frame.session.fork(), queryID, node.Schema()), nil
	})
}

// batchSink gives batches to a function.
type batchSink struct {
	session *Session // of the query
	schema  Schema
	f       BatchFunc
}

// Description is Spark's.
func (b *batchSink) Description() string { return "ForeachBatchSink" }

// Write calls the function, also for a batch that it had before. The number of rows is not told, as with Spark.
func (b *batchSink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	held, err := exec.Hold(ctx, op, b.session.env(), "foreachBatch")
	if err != nil {
		return -1, err
	}
	defer held.Release()
	rows := &logical.Relation{Source: memory.Pieces(types.AsNullable(b.schema).(types.Struct), held.Rows)}
	frame := &DataFrame{session: b.session, rel: &resolved{Node: rows}}
	if err := batch.Guard(func() error { return b.f(ctx, frame, id) }); err != nil {
		b.session.logFault(err)
		return -1, errclass.ForeachBatchFailed.New("An error occurred in the user provided function in foreach batch sink. Reason: %w", err)
	}
	return -1, nil
}

// rowSink gives rows to writers.
type rowSink struct {
	session   *Session
	newWriter func() ForeachWriter
}

// Description is Spark's, without the Java object's name.
func (r *rowSink) Description() string { return "ForeachWriterTable" }

// Write opens a writer for each part of the batch.
func (r *rowSink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	var rows atomic.Int64
	group, each := errgroup.WithContext(ctx)
	for i, seq := range op.Execute(each, max(1, r.session.confInt(confWorkers))) {
		group.Go(func() error {
			n, err := r.part(each, seq, int64(i), id)
			rows.Add(n)
			return err
		})
	}
	err := group.Wait()
	return rows.Load(), err
}

// part gives one part of a batch to a writer of its own.
func (r *rowSink) part(ctx context.Context, seq batch.Seq, partition, id int64) (n int64, err error) {
	var source error // of the rows, not of the user
	err = batch.Guard(func() error {
		writer := r.newWriter()
		wanted, err := writer.Open(ctx, partition, id)
		if err == nil {
			n, err, source = process(ctx, writer, seq, wanted)
		}
		return errors.Join(err, writer.Close(ctx, errors.Join(err, source)))
	})
	if err != nil {
		r.session.logFault(err)
		err = errclass.ForeachFailed.New("An error occurred in the user provided function in foreach sink. Reason: %w", err)
	}
	return n, errors.Join(source, err)
}

func process(ctx context.Context, writer ForeachWriter, seq batch.Seq, wanted bool) (n int64, failed, source error) {
	for b, err := range seq {
		if err != nil {
			return n, nil, err
		}
		n += b.NumRows()
		if !wanted {
			continue
		}
		for _, row := range appendRows(nil, b) {
			if err := writer.Process(ctx, row); err != nil {
				return n, err, nil
			}
		}
	}
	return n, nil, nil
}

// Session is where the frame's query runs.
func (d *DataFrame) Session() *Session { return d.session }

// fork is a session beside this one, for a query's own code: the same storage, catalog and budget, and its own views and settings.
func (s *Session) fork() *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Session{
		space: s.space, catalog: s.catalog, memory: s.memory, stateBudget: s.stateBudget, log: s.log, clock: s.clock, report: s.report, out: s.out, user: s.user,
		startConf: s.startConf, conf: maps.Clone(s.conf), currentCatalog: s.currentCatalog, currentSchema: s.currentSchema, views: maps.Clone(s.views),
	}
}

// writerVersion says of inserts which of a writer's they are, so that each counts once.
type writerVersion struct {
	app     string
	version int64
}

func (s *Session) setWriter(w *writerVersion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer = w
}
