package differential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// Ours runs a case in a folder that holds nothing.
func Ours(ctx context.Context, c Case, root string) Answer {
	r := &runner{Case: c, root: root}
	r.answer.Case = c.Name
	if err := r.run(ctx); err != nil {
		r.answer.Error, r.answer.Message = classOf(err), err.Error()
	}
	return asRead(r.answer)
}

// asRead is an answer as it is read from JSON, where every number is a double.
func asRead(a Answer) (read Answer) {
	if err := json.Unmarshal([]byte(text(a)), &read); err != nil {
		a.Error, a.Message = "unreadable", err.Error()
		return a
	}
	return read
}

// classOf is the innermost class of an error, as that of Spark's is taken from its text.
func classOf(err error) string {
	class := ""
	for e := (*errclass.Error)(nil); errors.As(err, &e) && e.Class != errclass.StreamFailed || class == "" && e != nil; {
		class, err = string(e.Class), e.Err
		if err == nil {
			break
		}
	}
	return cmp.Or(class, fmt.Sprintf("%T", err))
}

// runner is a case on its way.
type runner struct {
	Case
	root   string
	number int // of the next file
	answer Answer
}

func (r *runner) run(ctx context.Context) error {
	for _, run := range r.Runs {
		if err := r.once(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// once lets the files of a run arrive, and starts the query in a session of its own: it goes on from its checkpoint.
func (r *runner) once(ctx context.Context, run Run) error {
	conf := map[string]string{"spark.sql.shuffle.partitions": "2", "lakehouse.workers": "2"}
	maps.Copy(conf, r.Conf)
	session, err := medallion.NewSession(medallion.Options{Root: r.root, Conf: conf})
	if err != nil {
		return err
	}
	defer session.Close()
	frame, err := r.build(ctx, session)
	if err != nil {
		return err
	}
	schema, err := frame.Schema(ctx)
	if err != nil {
		return err
	}
	r.answer.Schema = schema.String()
	for _, files := range run {
		for source, lines := range files {
			if err := r.write(source, r.number, lines); err != nil {
				return err
			}
		}
		r.number++
	}
	t := &taker{schema: schema, rows: map[int64][][]any{}}
	query, err := t.start(ctx, frame.WriteStream().OutputMode(r.Mode).
		Option("checkpointLocation", "/FileStore/checkpoint").Trigger(medallion.AvailableNow()))
	if err != nil {
		return err
	}
	_, err = query.AwaitTermination(ctx)
	for _, p := range query.RecentProgress() {
		_, measured := p.DurationMs["addBatch"]
		if rows, ran := t.rows[p.BatchID]; ran && measured {
			r.answer.Batches = append(r.answer.Batches, batchOf(p, rows))
		}
	}
	return err
}

func batchOf(p medallion.StreamingQueryProgress, rows [][]any) Batch {
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(text(a), text(b)) })
	b := Batch{ID: p.BatchID, Rows: rows, Watermark: p.EventTime["watermark"], Input: p.NumInputRows}
	for _, s := range p.StateOperators {
		b.State = append(b.State, State{
			Operator: s.OperatorName, Total: s.NumRowsTotal, Updated: s.NumRowsUpdated,
			Removed: s.NumRowsRemoved, Dropped: s.NumRowsDroppedByWatermark,
		})
	}
	return b
}

func text(v any) string {
	t, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(t)
}

// write moves a file in with the time that gives it its place.
func (r *runner) write(folder string, number int, lines []string) error {
	dir := filepath.Join(r.root, "FileStore", folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	aside := filepath.Join(dir, fmt.Sprintf(".%05d.json", number))
	content := strings.Join(append(slices.Clone(lines), ""), "\n")
	at := time.Unix(1735689600+int64(number), 0)
	return errors.Join(
		os.WriteFile(aside, []byte(content), 0o600),
		os.Chtimes(aside, at, at),
		os.Rename(aside, filepath.Join(dir, fmt.Sprintf("%05d.json", number))))
}

// build makes the case's views; the last is the query.
func (r *runner) build(ctx context.Context, s *medallion.Session) (frame *medallion.DataFrame, err error) {
	for _, t := range r.Tables {
		if err := r.write(t.Name, 0, t.Rows); err != nil {
			return nil, err
		}
		table, err := s.Read().Format("json").Schema(t.Schema).Load(ctx, "/FileStore/"+t.Name)
		if err != nil {
			return nil, err
		}
		if err := table.CreateOrReplaceTempView(ctx, t.Name); err != nil {
			return nil, err
		}
	}
	for _, in := range r.Sources {
		if err := os.MkdirAll(filepath.Join(r.root, "FileStore", in.Name), 0o755); err != nil {
			return nil, err
		}
		stream, err := s.ReadStream().Format("json").Schema(in.Schema).Option("maxFilesPerTrigger", "1").Load(ctx, "/FileStore/"+in.Name)
		if err != nil {
			return nil, err
		}
		if err := stream.CreateOrReplaceTempView(ctx, in.Name); err != nil {
			return nil, err
		}
	}
	for _, v := range r.Views {
		if frame, err = v.frame(ctx, s); err != nil {
			return nil, err
		}
		if err := frame.CreateOrReplaceTempView(ctx, v.Name); err != nil {
			return nil, err
		}
	}
	return frame, nil
}

func (v View) frame(ctx context.Context, s *medallion.Session) (frame *medallion.DataFrame, err error) {
	if v.SQL != "" {
		if frame, err = s.SQL(ctx, v.SQL); err != nil {
			return nil, err
		}
	} else {
		frame = s.Table(v.Of)
	}
	if v.Watermark != nil {
		frame = frame.WithWatermark(v.Watermark[0], v.Watermark[1])
	}
	if v.DropDuplicates != nil {
		frame = frame.DropDuplicates(*v.DropDuplicates...)
	}
	if v.DropDuplicatesWithinWatermark != nil {
		frame = frame.DropDuplicatesWithinWatermark(*v.DropDuplicatesWithinWatermark...)
	}
	if v.Limit > 0 {
		frame = frame.Limit(v.Limit)
	}
	return frame, nil
}
