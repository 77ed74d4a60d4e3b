package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

// A judge reads what the engines wrote, by one reader for all, and holds it against what was generated and against what
// the first of them wrote.
type judge struct {
	reader *engine
	folder Folder
	first  string
	want   map[string]any
	hashes bool // the reader hashes rows; else it counts them
}

// judge starts the reader: DuckDB over the files of each table, or where there are no peers, ours.
func (b *bench) judge(ctx context.Context, folder Folder) (*judge, error) {
	const name = "check"
	reader := b.started[name]
	if reader == nil {
		argv := b.self
		if len(b.engines) > 0 {
			argv = b.script("check.py")
		}
		var err error
		if reader, err = startEngine(ctx, name, argv, b.dir); err != nil {
			return nil, err
		}
		b.started[name] = reader
	}
	return &judge{reader: reader, folder: folder, hashes: len(b.engines) > 0}, nil
}

// String says how outputs are compared.
func (j *judge) String() string {
	if j.hashes {
		return "the same rows by one reader's count and hash"
	}
	return "as many rows as were generated"
}

// agrees reads an engine's tables. Of a sink that keeps nothing there is nothing to read: sameState compares those.
func (j *judge) agrees(engine string, tables map[string]string) error {
	if len(tables) == 0 {
		return nil
	}
	done, err := j.reader.ask(request{Do: "check", Tables: tables})
	if err != nil {
		return err
	}
	if err := j.complete(done.Found); err != nil {
		return err
	}
	if j.want == nil {
		j.first, j.want = engine, done.Found
		return nil
	}
	return same(j.first, j.want, done.Found)
}

// complete holds the counts against what was generated.
func (j *judge) complete(found map[string]any) error {
	for name, want := range map[string]int{"Invoices": j.folder.Invoices, "LineItems": j.folder.Items} {
		if got, ok := found[name]; ok && got != float64(want) {
			return fmt.Errorf("%s: there are %v of %d", name, got, want)
		}
	}
	return nil
}

// same compares two findings: numbers but for the last digits that the order of a sum decides about, all else exactly.
func same(first string, want, got map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		a, number := want[name].(float64)
		b, also := got[name].(float64)
		if number && also && math.Abs(a-b) <= 1e-9*math.Abs(a) {
			continue
		}
		if want[name] != got[name] {
			return fmt.Errorf("%s is %v; %s has %v", name, got[name], first, want[name])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("there are %d figures; %s has %d", len(got), first, len(want))
	}
	return nil
}
