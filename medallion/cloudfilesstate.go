package medallion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/volumes"
)

// cloudFilesState is cloud_files_state('checkpoint') and cloud_files_state(TABLE(t)).
func cloudFilesState(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	place, err := r.stateOf(ctx, args)
	if err != nil {
		return nil, err
	}
	if _, err := (option.Table{}).Parse(args.options); err != nil {
		return nil, err
	}
	state, err := autoloader.NewFileState(ctx, place)
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Source: state}, nil
}

// stateOf finds the checkpoint that is asked for.
func (r resolver) stateOf(ctx context.Context, args tableArgs) (volumes.Location, error) {
	for _, name := range args.tables {
		return r.checkpointOf(ctx, name)
	}
	path, err := args.required("checkpoint", 0)
	if err != nil {
		return volumes.Location{}, err
	}
	return r.space.Resolve(strings.TrimRight(path, "/"))
}

// streamsFolder is where a table names the checkpoints of the Auto Loader streams that write it: a file each, which the table's
// readers pass over.
const streamsFolder = "_streams"

// noteStream keeps, beside a table, the checkpoint of a stream of Auto Loader into it, so that cloud_files_state(TABLE(t))
// finds it.
func noteStream(ctx context.Context, table delta.Table, node logical.Node, checkpoint volumes.Location) error {
	fromCloud := func(s *logical.StreamRelation) bool {
		p, ok := s.Provider.(*autoloader.Provider)
		return ok && p.IsCloudFiles()
	}
	if !slices.ContainsFunc(logical.Streams(node), fromCloud) {
		return nil
	}
	name := fmt.Sprintf("%s/%016x", streamsFolder, xxhash.Sum64String(checkpoint.URI))
	err := table.Store.PutIfAbsent(ctx, name, []byte(checkpoint.URI))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("note the stream of %s: %w", table.URI, err)
	}
	return nil
}

// checkpointOf finds the checkpoint of the one stream of Auto Loader that writes a table.
func (r resolver) checkpointOf(ctx context.Context, parts []string) (volumes.Location, error) {
	table, err := r.tableOf(ctx, parts)
	if err != nil {
		return volumes.Location{}, err
	}
	var found []string
	for info, err := range table.Store.List(ctx, streamsFolder, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return volumes.Location{}, err
		}
		uri, err := volumes.ReadFileMax(ctx, table.Store, info.Name, 1<<16)
		if err != nil {
			return volumes.Location{}, err
		}
		found = append(found, string(uri))
	}
	switch len(found) {
	case 0:
		return volumes.Location{}, errclass.UnsupportedFeature.New("no Auto Loader stream writes the table %s.", strings.Join(parts, ".")).
			WithHint("Name the query's checkpoint: cloud_files_state('/path').")
	case 1:
		return r.space.Resolve(found[0])
	}
	return volumes.Location{}, errclass.UnsupportedFeature.New("several Auto Loader streams write the table %s.", strings.Join(parts, ".")).
		WithHint("Name the checkpoint of one: %s.", strings.Join(found, ", "))
}
