package state

import (
	"context"
	"iter"

	"lakehouse/internal/batch"
)

// Spark writes a snapshot after ten deltas. So does this as long as state is small; beyond, a snapshot
// waits until the deltas have grown to half of it, so that a commit costs its changes and not the whole.
const (
	deltasBeforeSnapshot = 10 // spark.sql.streaming.stateStore.minDeltasForSnapshot
	smallState           = 1 << 20
	maxDeltas            = 500 // that a load may have to open
)

func (p *Partition) wantsSnapshot() bool {
	deltas, size := p.version-p.snapshot, p.table.arena.used-p.table.wasted
	return p.writing == nil && deltas >= p.minDeltas && (size < smallState || p.deltaBytes >= size/2 || deltas >= max(maxDeltas, p.minDeltas))
}

// A snapshotWriter writes a version of a partition while the partition goes on. The deltas hold all of it: a crash
// before the file is whole costs nothing.
type snapshotWriter struct {
	version    int64
	deltaBytes int64 // of the deltas that the snapshot stands for
	view       *tableView
	done       chan struct{}
	err        error // when done
}

// snapshotLater starts a writer for the version of now.
func (p *Partition) snapshotLater(ctx context.Context, cache *Cache) {
	w := &snapshotWriter{version: p.version, deltaBytes: p.deltaBytes, view: p.table.view(), done: make(chan struct{})}
	p.writing = w
	files := *p // what the writer needs of it: where its files lie
	files.table, files.writing = nil, nil
	ctx = context.WithoutCancel(ctx)
	cache.later(func() {
		defer close(w.done)
		defer w.view.release()
		w.err = batch.Guard(func() error { return files.writeSnapshot(ctx, w.version, w.view.all) })
	})
}

// writeSnapshot writes a version as a whole, and deletes what nobody needs any more.
func (p *Partition) writeSnapshot(ctx context.Context, version int64, all iter.Seq2[[]byte, []byte]) error {
	err := p.write(ctx, p.name(version, snapshotSuffix), func(w *entryWriter) {
		for key, value := range all {
			w.put(key, value)
		}
	})
	if err != nil {
		return err
	}
	return p.retire(ctx, version)
}

// settleSnapshot takes notice of a writer that is done.
func (p *Partition) settleSnapshot() error {
	w := p.writing
	if w == nil {
		return nil
	}
	select {
	case <-w.done:
	default:
		return nil
	}
	p.writing = nil
	if w.err != nil {
		return w.err
	}
	p.snapshot = w.version
	p.deltaBytes -= w.deltaBytes
	return nil
}

// A tableView is the entries of a table at one moment. They stay as they are while the table is changed: as long as it
// has readers, an arena only grows.
type tableView struct {
	entries slab[viewedEntry]
	own     *arena // of the entries
	arena   *arena
	chunks  [][]byte
}

type viewedEntry struct{ key, value span }

func (t *table) view() *tableView {
	v := &tableView{own: newArena(t.arena.account.budget), arena: t.arena, chunks: append([][]byte(nil), t.arena.chunks...)}
	for i := range t.entries.n {
		if e := t.entry(i); !e.removed {
			v.entries.add(v.own, viewedEntry{e.key, e.value})
		}
	}
	t.arena.readers.Add(1)
	return v
}

func (v *tableView) all(yield func(key, value []byte) bool) {
	for i := range v.entries.n {
		if e := v.entries.at(i); !yield(e.key.of(v.chunks), e.value.of(v.chunks)) {
			return
		}
	}
}

func (v *tableView) release() {
	v.arena.readers.Add(-1)
	v.own.account.close()
}
