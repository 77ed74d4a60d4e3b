package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lakehouse/medallion"
)

// mergeRows is how many rows the table has that is merged into, a MB of -mb.
const mergeRows = 50_000

// A mergeShape is a source beside a table, and what is done with its rows.
type mergeShape struct {
	name    string
	matched float64 // share of the table's rows that have a partner, spread over all of it
	added   float64 // rows that have none, as a share of the table's
	do      string  // upsert, insert or update
}

// mergeShapes begin with the least: an engine may keep memory that it has had.
var mergeShapes = []mergeShape{
	{"nothing to do", 0, 0.01, "update"},
	{"insert only", 0.01, 0.01, "insert"},
	{"upsert of 1 %", 0.01, 0.001, "upsert"},
	{"upsert of 50 %", 0.5, 0.001, "upsert"},
	{"upsert of 100 %", 1, 0.001, "upsert"},
}

// measureMerge merges sources into a table, of whose files each engine has a copy.
func measureMerge(ctx context.Context, b *bench) error {
	rows := b.mb * mergeRows
	base := filepath.Join(b.dir, "merge")
	s, err := medallion.NewSession(medallion.Options{Root: filepath.Join(base, "lake")})
	if err != nil {
		return err
	}
	defer s.Close()
	table := filepath.Join(base, "table")
	made, err := s.SQL(ctx, fmt.Sprintf("SELECT id, id %% 1000 AS grp, concat('customer ', id) AS name, id * 1.5D AS amount FROM range(%d)", rows))
	if err != nil {
		return err
	}
	if err := made.Write().Option("targetFileSize", "32m").Save(ctx, "file:"+table); err != nil {
		return err
	}
	b.printf("\nmerge: into a table of %d rows, by key\n", rows)
	out := [][]string{{"shape", "engine", "seconds", "times ours", "CPU s", "peak MB", "times ours"}}
	for _, shape := range mergeShapes {
		lines, err := b.mergeShape(ctx, s, shape, rows, table, filepath.Join(base, shape.do+fmt.Sprint(shape.matched)))
		if err != nil {
			return fmt.Errorf("%s: %w", shape.name, err)
		}
		out = append(out, lines...)
	}
	b.table(out)
	return nil
}

// mergeShape asks the engines in turn.
func (b *bench) mergeShape(ctx context.Context, s *medallion.Session, shape mergeShape, rows int, table, source string) ([][]string, error) {
	if err := shape.source(ctx, s, rows, source); err != nil {
		return nil, err
	}
	engines, want := b.these(ctx, polars, spark), ""
	took := results(engines)
	err := turns(engines, b.rounds, b.sparkRounds, func(round int, e *engine) error {
		one, found, err := b.mergeTurn(ctx, s, e, shape, table, source)
		if err != nil {
			return err
		}
		if want == "" {
			want = found
		}
		if found != want {
			return fmt.Errorf("%s makes a table of %s, others one of %s", e.name, found, want)
		}
		if round > 0 {
			took[e.name].add(round, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.tellMerge(shape, engines, took), nil
}

func (b *bench) tellMerge(shape mergeShape, engines []*engine, took map[string]*result) (lines [][]string) {
	mine := took[ours]
	for _, e := range engines {
		r := took[e.name]
		lines = append(lines, []string{
			shape.name, tableTitle(e.name), r.seconds.format(" s"), r.times(mine).format("×"), r.cpu.digits(),
			digits(slices.Max(append(r.peaks, 0))), r.peaks.over(mine.in(r.rounds).peaks).format("×"),
		})
	}
	for _, e := range engines[1:] {
		theirs, who := took[e.name], tableTitle(e.name)
		b.require(claim{what: shape.name + ", " + who + " / ours", need: 1, unit: "×", got: theirs.times(mine)})
		b.require(claim{what: shape.name + ", memory, " + who + " / ours", need: 2, unit: "×", got: theirs.peaks.over(mine.in(theirs.rounds).peaks)})
	}
	return lines
}

// tableTitle is what a report calls an engine where no job but a table's upkeep is measured.
func tableTitle(engine string) string {
	return map[string]string{ours: "ours", polars: "delta-rs", spark: "Spark with Delta"}[engine]
}

// source writes the rows to be merged, as files of Parquet.
func (m mergeShape) source(ctx context.Context, s *medallion.Session, rows int, dir string) error {
	var parts []string
	if m.matched > 0 {
		parts = append(parts, fmt.Sprintf("SELECT id * %d AS id, 1L AS grp, concat('changed ', id) AS name, 0.5D AS amount FROM range(%d)", int(1/m.matched), int(float64(rows)*m.matched)))
	}
	parts = append(parts, fmt.Sprintf("SELECT id + %d AS id, 2L AS grp, concat('new ', id) AS name, 1.5D AS amount FROM range(%d)", rows, int(float64(rows)*m.added)))
	frame, err := s.SQL(ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		return err
	}
	return frame.Write().Format("parquet").Save(ctx, "file:"+dir)
}

// mergeTurn is one merge of one engine, into a table of its own.
func (b *bench) mergeTurn(ctx context.Context, s *medallion.Session, e *engine, shape mergeShape, table, source string) (effort, string, error) {
	out, err := b.fresh("merged-" + e.name)
	if err != nil {
		return effort{}, "", err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	if err := linkAll(table, out); err != nil {
		return effort{}, "", err
	}
	settle(ctx)
	_, one, err := e.measure(request{Do: "merge", Table: out, Landing: source, Query: shape.do})
	if err != nil {
		return effort{}, "", err
	}
	found, err := contents(ctx, s, out)
	return one, found, err
}

// linkAll makes a folder that has the same files: nobody changes a file of a table.
func linkAll(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at := filepath.Join(to, strings.TrimPrefix(name, from))
		if d.IsDir() {
			return os.MkdirAll(at, 0o755)
		}
		return os.Link(name, at)
	})
}

// mergeClauses are what is done with the rows of a source.
var mergeClauses = map[string]string{
	"upsert": "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
	"insert": "WHEN NOT MATCHED THEN INSERT *",
	"update": "WHEN MATCHED THEN UPDATE SET *",
}

// runMerge is ours.
func runMerge(ctx context.Context, asked request) (answer, error) {
	var done answer
	err := withSession(func(s *medallion.Session) error {
		took := stopwatch()
		_, err := s.SQL(ctx, fmt.Sprintf("MERGE INTO delta.`file:%s` t USING parquet.`file:%s` s ON t.id = s.id %s", asked.Table, asked.Landing, mergeClauses[asked.Query]))
		done.Seconds = took()
		return err
	})
	return done, err
}
