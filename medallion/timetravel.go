package medallion

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// atVersion are the options of a read of a table as of a version, or a time, that its name is followed by.
func (s *Session) atVersion(ctx context.Context, t *plan.NamedTable) (map[string]string, error) {
	options := maps.Clone(t.Options)
	if options == nil {
		options = map[string]string{}
	}
	switch {
	case t.VersionAsOf != nil:
		options["versionAsOf"] = strconv.FormatInt(*t.VersionAsOf, 10)
	case t.TimestampAsOf != nil:
		at, err := s.constantTime(ctx, t.TimestampAsOf)
		if err != nil {
			return nil, err
		}
		options["timestampAsOf"] = at.Format(time.RFC3339Nano) // it names its zone
	}
	return options, nil
}

// constantTime is the time of TIMESTAMP AS OF, an expression without columns. Text that names no zone is in the session's.
func (s *Session) constantTime(ctx context.Context, e plan.Expression) (time.Time, error) {
	cast := &plan.Cast{Child: e, To: types.Timestamp, Mode: plan.EvalTry}
	resolved, err := logical.ResolveExpressions(ctx, []plan.Expression{e, cast}, types.Struct{}, s.resolveEnv())
	if err != nil {
		return time.Time{}, err
	}
	eval := s.evalContext()
	value, err := expr.Value(resolved[1], &eval)
	if err != nil {
		return time.Time{}, err
	}
	micros, ok := value.(int64)
	if !ok {
		return time.Time{}, errclass.DeltaTimestampInvalid.New("The provided timestamp (%s) cannot be converted to a valid timestamp.", resolved[0]).
			WithHint("Write it as '2026-01-31' or '2026-01-31 12:00:00'.")
	}
	return time.UnixMicro(micros).UTC(), nil
}

// versionOfPath is a read of a path that ends in @v and a version, or in @ and a time, as of that: where there is no such folder, as in Delta.
func (s *Session) versionOfPath(ctx context.Context, d *plan.DataSource, at volumes.Location) (*plan.DataSource, volumes.Location, error) {
	cut := strings.LastIndexByte(d.Paths[0], '@')
	if cut < 0 {
		return d, at, nil
	}
	travel, ok := sql.VersionSuffix(d.Paths[0][cut+1:])
	if !ok {
		return d, at, nil
	}
	if _, err := at.Store.Stat(ctx, at.Key); !errors.Is(err, fs.ErrNotExist) {
		return d, at, err
	}
	if d.Options["versionAsOf"] != "" || d.Options["timestampAsOf"] != "" {
		return d, at, errclass.DeltaTimeTravelTwice.New("Cannot specify time travel in multiple formats.").
			WithHint("The path %s names a version already.", d.Paths[0])
	}
	path := d.Paths[0][:cut]
	options, err := s.atVersion(ctx, &plan.NamedTable{Options: d.Options, VersionAsOf: travel.VersionAsOf, TimestampAsOf: travel.TimestampAsOf})
	if err != nil {
		return d, at, err
	}
	at, err = s.space.Resolve(path)
	return &plan.DataSource{Format: d.Format, Paths: []string{path}, Options: options, Schema: d.Schema, Streaming: d.Streaming}, at, err
}
