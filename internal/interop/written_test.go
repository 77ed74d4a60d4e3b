package interop

import (
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// writers are those that make tables, and DuckDB, which only adds rows.
var writers = []string{"delta-rs", "Polars", "Spark"}

// shapes are the tables that each writer makes.
var shapes = []struct {
	name, ddl string
	by        []string
}{
	{name: "plain", ddl: plainTypes},
	{name: "nested", ddl: "id bigint, " + nestedTypes},
	{name: "clock", ddl: "id bigint, clock timestamp_ntz, l array<timestamp_ntz>"},
	{name: "by_text", ddl: "id bigint, p string, v double", by: []string{"p"}},
	{name: "by_several", ddl: "id bigint, n int, v string, day date, yes boolean, at timestamp", by: []string{"n", "day", "yes", "at"}},
}

// What others write now, with their default settings, we read in every version; then we add to it, and all read that.
func weReadTheirs(t *testing.T, peers []*peer) {
	l := newLake(t)
	for i, name := range writers {
		p := named(peers, name)
		if p == nil {
			continue
		}
		for s, shape := range shapes {
			t.Run(name+"/"+shape.name, func(t *testing.T) {
				schema := ddl(t, shape.ddl)
				g := seeded(uint64(100*i + s)).short()
				if name == "Spark" {
					g = g.asSpark()
				}
				batches := []arrow.RecordBatch{g.batch(schema, 0, 60), g.batch(schema, 100, 5), g.batch(schema, 200, 20)}
				at := reading{name: name + "/" + shape.name, path: filepath.Join(l.root, name+"_"+shape.name)}
				for v, b := range batches {
					p.write(t, request{Path: at.path, Mode: []string{"append", "append", "overwrite"}[v], By: shape.by}, b)
				}
				if name != "Polars" { // its checkpoints are delta-rs's
					if _, err := p.ask(request{Do: "checkpoint", Path: at.path}); err != nil {
						t.Fatal(err)
					}
				}
				l.hold(t, p, at, schema, 0, batches[0])
				l.hold(t, p, at, schema, 1, batches[:2]...)
				l.hold(t, p, at, schema, 2, batches[2])
				l.write(name+"_"+shape.name, schema, g.batch(schema, 300, 10))
				for _, reader := range peers {
					l.check(t, reader, at)
				}
			})
		}
	}
}

// write asks a peer to write rows.
func (p *peer) write(t *testing.T, r request, rows arrow.RecordBatch) {
	t.Helper()
	r.Do, r.Data = "write", filepath.Join(p.dir, "write.arrows")
	writeIPC(t, r.Data, rows)
	if _, err := p.ask(r); err != nil {
		t.Fatal(err)
	}
	p.tally.writes++
}

// hold compares a version of a table with the rows that its writer was given.
func (l *lake) hold(t *testing.T, p *peer, at reading, schema types.Struct, version int64, rows ...arrow.RecordBatch) {
	t.Helper()
	at.version = &version
	_, have, batches, err := l.read(t, at)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := (&normal{}).lines(schema, have, batches)
	if err != nil {
		t.Fatal(err)
	}
	want, err := (&normal{}).lines(schema, types.ToArrowSchema(schema), rows)
	if err != nil {
		t.Fatal(err)
	}
	if diff := difference(ours, want); diff != "" {
		t.Fatalf("version %d: we read %d rows, %s was given %d (theirs): %s", version, len(ours), p.name, len(want), diff)
	}
}

// Several engines write to one table in turn: no version is lost, none is written twice, and all read the same.
func allWriteInTurn(t *testing.T, peers []*peer) {
	l := newLake(t)
	schema := ddl(t, "id bigint, name string, amount decimal(12,2), at timestamp, day date, tags array<string>, s struct<x: int, y: double>")
	l.create("turns", deltalog.CreateOptions{Schema: schema, Configuration: map[string]string{"delta.checkpointInterval": "4"}})
	at := reading{name: "turns", path: filepath.Join(l.root, "turns")}
	g := seeded(200).asSpark()
	var all []arrow.RecordBatch
	version := int64(0)
	wrote := func(b arrow.RecordBatch) {
		all = append(all, b)
		version++
	}
	for range 4 {
		b := g.batch(schema, 10*len(all), 7)
		l.write("turns", schema, b)
		wrote(b)
		for _, name := range append(writers, "DuckDB") {
			if p := named(peers, name); p != nil {
				b := g.batch(schema, 10*len(all), 7)
				p.write(t, request{Path: at.path, Mode: "append"}, b)
				wrote(b)
			}
		}
	}
	store, err := volumes.OpenLocal(at.path)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := deltalog.Open(store, deltalog.Options{}).LatestVersion(t.Context()); err != nil || last != version {
		t.Fatalf("version %d, %v after %d writes", last, err, version)
	}
	for _, p := range peers {
		l.check(t, p, at)
	}
	l.hold(t, peers[0], at, schema, version, all...)
}
