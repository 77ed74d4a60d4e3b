package stream

import (
	"context"
	"encoding/json"
	"iter"

	"lakehouse/internal/batch"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// Rehearse runs a query's first batch, over no rows and into nothing. The checkpoint of cfg, which has to be an empty folder, then
// holds what a first start makes of the query's state: its operators, their names and their schemas. The sources and the sink of
// cfg are not opened.
func Rehearse(ctx context.Context, cfg Config) error {
	cfg.Plan = logical.WithStreams(cfg.Plan, func(leaf *logical.StreamRelation) *logical.StreamRelation {
		return &logical.StreamRelation{Name: leaf.Name, Provider: rehearsal{leaf.Provider}, Options: leaf.Options}
	})
	cfg.OpenSink = func(context.Context, string) (Sink, error) { return nowhere{}, nil }
	cfg.Trigger, cfg.OnProgress = Once(), nil
	q, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	if ended, err := q.AwaitTermination(ctx); ended {
		return err
	}
	q.Stop()
	return ctx.Err()
}

// CheckState says why the state of a checkpoint, with the settings it was made under, cannot be read; nil if it can.
func CheckState(conf checkpoint.Conf) error { return checkState(conf) }

// rehearsal gives one batch without rows.
type rehearsal struct{ logical.StreamProvider }

func (r rehearsal) Open(context.Context, SourceStart) (Source, error) { return noRows{r}, nil }

type noRows struct{ provider rehearsal }

func (s noRows) Schema() types.Struct { return s.provider.Schema() }

func (s noRows) Description() string { return s.provider.String() }

func (s noRows) Latest(context.Context, int64, Offset, ReadLimit) (Offset, error) {
	return json.RawMessage("0"), nil
}

func (s noRows) Freeze(context.Context) error { return nil }

func (s noRows) Rows(context.Context, Offset, Offset) (logical.Source, error) {
	return emptySource(s), nil
}

func (s noRows) Commit(context.Context, Offset) error { return nil }

func (s noRows) Stop() error { return nil }

type emptySource struct{ provider rehearsal }

func (s emptySource) Schema() types.Struct { return s.provider.Schema() }

func (s emptySource) String() string { return s.provider.String() }

func (s emptySource) Scan(context.Context, logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(func(batch.Piece, error) bool) {}
}

// nowhere takes rows and keeps none.
type nowhere struct{}

func (nowhere) Description() string { return "nowhere" }

func (nowhere) Write(ctx context.Context, _ int64, rows exec.Operator) (int64, error) {
	for _, seq := range rows.Execute(ctx, 1) {
		for _, err := range seq {
			if err != nil {
				return 0, err
			}
		}
	}
	return -1, nil
}
