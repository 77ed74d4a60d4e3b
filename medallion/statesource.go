package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/connector/statestore"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// The formats of Spark's sources of state.
const (
	formatState         = "statestore"
	formatStateMetadata = "state-metadata"
)

// stateSource resolves a read of a checkpoint's state; ok says whether it is one.
func (r resolver) stateSource(ctx context.Context, d *plan.DataSource) (node logical.Node, ok bool, err error) {
	format := strings.ToLower(d.Format)
	if format != formatState && format != formatStateMetadata {
		return nil, false, nil
	}
	switch {
	case d.Streaming:
		err = errclass.UnsupportedStreaming.New("Data source %s does not support streamed reading.", format)
	case d.Schema != nil:
		err = errclass.UnsupportedFeature.New("The %s source does not support user-specified schema.", format)
	case len(d.Paths) != 1:
		err = errclass.StateOptionMissing.New("'path' must be specified.").WithHint("It is the checkpoint of a query: load(path).")
	default:
		node, err = r.state(ctx, format, d.Paths[0], d.Options)
	}
	return node, true, err
}

func (r resolver) state(ctx context.Context, format, path string, options map[string]string) (logical.Node, error) {
	at, err := r.space.Resolve(strings.TrimRight(path, "/"))
	if err != nil {
		return nil, err
	}
	store, err := at.Sub()
	if err != nil {
		return nil, err
	}
	var source logical.Source
	checkpoint := statestore.Checkpoint{Store: store, Path: at.URI}
	if format == formatState {
		source, err = statestore.New(ctx, checkpoint, options)
	} else {
		source, err = statestore.NewMetadata(ctx, checkpoint, options)
	}
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Source: source}, nil
}

// stateFunction is state('checkpoint' [, operatorId [, storeName]] [, option => value]…).
func stateFunction(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	args.rename("operator", "operatorId")
	args.rename("store", "storeName")
	return args.state(ctx, r, formatState)
}

// stateMetadataFunction is state_metadata('checkpoint' [, batchId => n]).
func stateMetadataFunction(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	return args.state(ctx, r, formatStateMetadata)
}

func (a tableArgs) state(ctx context.Context, r resolver, format string) (logical.Node, error) {
	path, err := a.required("path", 0)
	if err != nil {
		return nil, err
	}
	if err := a.noTables(); err != nil {
		return nil, err
	}
	return r.state(ctx, format, path, a.options)
}
