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
		at, shown, ok, err := s.timeOf(ctx, t.TimestampAsOf)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errclass.InvalidTimeTravelInput.New("The time travel timestamp expression \"%s\" is invalid. Cannot be casted to the \"TIMESTAMP\" type.", shown).
				WithHint(timeHint)
		}
		options["timestampAsOf"] = at.Format(time.RFC3339Nano) // it names its zone
	}
	return options, nil
}

const timeHint = "Write it as '2026-01-31' or '2026-01-31 12:00:00'."

// constantTime is the time of a command's TIMESTAMP AS OF.
func (s *Session) constantTime(ctx context.Context, e plan.Expression) (time.Time, error) {
	at, shown, ok, err := s.timeOf(ctx, e)
	if err == nil && !ok {
		err = errclass.DeltaTimestampInvalid.New("The provided timestamp ('%s') cannot be converted to a valid timestamp.", shown).WithHint(timeHint)
	}
	return at, err
}

// timeOf computes an expression without columns as a time, and shows it. Text that names no zone is in the session's; ok is false for what is
// no time.
func (s *Session) timeOf(ctx context.Context, e plan.Expression) (at time.Time, shown string, ok bool, err error) {
	cast := &plan.Cast{Child: e, To: types.Timestamp, Mode: plan.EvalTry}
	resolved, err := logical.ResolveExpressions(ctx, []plan.Expression{e, cast}, types.Struct{}, s.resolveEnv())
	if err != nil {
		return at, "", false, err
	}
	eval := s.evalContext()
	value, err := expr.Value(resolved[1], &eval)
	micros, ok := value.(int64)
	return time.UnixMicro(micros).UTC(), resolved[0].String(), ok, err
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
