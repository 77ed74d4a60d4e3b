package main

import (
	"context"
	"fmt"
	"path/filepath"

	"lakehouse/medallion"
)

// runStateful runs one of the queries with state to its end.
func runStateful(ctx context.Context, asked request) (answer, error) {
	took := stopwatch()
	session, err := medallion.NewSession(medallion.Options{Root: asked.Out})
	if err != nil {
		return answer{}, err
	}
	defer session.Close()
	frame, mode, err := statefulFrame(ctx, session, asked)
	if err != nil {
		return answer{}, err
	}
	writer := frame.WriteStream().OutputMode(mode).Trigger(medallion.AvailableNow()).
		Option("checkpointLocation", "file:"+filepath.Join(asked.Out, "checkpoint"))
	var query *medallion.StreamingQuery
	tables := map[string]string{}
	if asked.Query == "count" {
		query, err = writer.Format("noop").Start(ctx)
	} else {
		tables[asked.Query] = filepath.Join(asked.Out, "table")
		query, err = writer.Format("delta").Start(ctx, "file:"+tables[asked.Query])
	}
	if err != nil {
		return answer{}, err
	}
	if _, err := query.AwaitTermination(ctx); err != nil {
		return answer{}, err
	}
	done := answer{Seconds: took(), Tables: tables}
	for _, p := range query.RecentProgress() {
		if p.NumInputRows > 0 {
			done.Batches = append(done.Batches, float64(p.BatchDuration))
		}
		for _, s := range p.StateOperators {
			done.StateRows = s.NumRowsTotal
			done.Updated += s.NumRowsUpdated
		}
	}
	return done, nil
}

// statefulFrame is the query, and its output mode.
func statefulFrame(ctx context.Context, session *medallion.Session, asked request) (*medallion.DataFrame, string, error) {
	left, err := readEvents(ctx, session, asked.Landing)
	if err != nil {
		return nil, "", err
	}
	switch asked.Query {
	case "count":
		return left.GroupBy(medallion.Expr("window(time, '1 hour')"), medallion.Col("key")).Count(), "update", nil
	case "dedup":
		return left.WithWatermark("time", "1 minute").DropDuplicates("id", "time"), "append", nil
	case "join":
		right, err := readEvents(ctx, session, asked.Right)
		if err != nil {
			return nil, "", err
		}
		shown := left.SelectExpr("id AS shown", "time AS shownAt").WithWatermark("shownAt", "10 minutes")
		clicked := right.SelectExpr("id AS clicked", "time AS clickedAt").WithWatermark("clickedAt", "10 minutes")
		return shown.Join(clicked, medallion.Expr(joinCondition), "inner"), "append", nil
	}
	return nil, "", fmt.Errorf("nothing is known of the query %q", asked.Query)
}

const joinCondition = "shown = clicked AND clickedAt >= shownAt AND clickedAt <= shownAt + interval 10 minutes"

func readEvents(ctx context.Context, session *medallion.Session, dir string) (*medallion.DataFrame, error) {
	return session.ReadStream().Format("parquet").Schema(eventSchema).Option("maxFilesPerTrigger", "1").Load(ctx, "file:"+dir)
}
