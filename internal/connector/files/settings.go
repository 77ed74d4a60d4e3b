package files

import (
	"context"
	"slices"
	"time"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// Settings is what a reading has beside the options of its format.
type Settings struct {
	Space *volumes.Space   // where the paths of options are
	Now   func() time.Time // names the folder of bad records; nil: there is one folder, of no time
}

// With is the format with these settings, and otherwise as it was; files that its options name are read. Fields that are nil change
// nothing.
func With(ctx context.Context, f Format, s Settings) (Format, error) {
	if settable, ok := f.(interface {
		with(ctx context.Context, s Settings) (Format, error)
	}); ok {
		return settable.with(ctx, s)
	}
	return f, nil
}

// Noting is the format, which takes note of fields that the schema lacks, and of values that do not fit.
func Noting(f Format, found *records.Found) Format {
	if watcher, ok := f.(interface{ noting(*records.Found) Format }); ok {
		return watcher.noting(found)
	}
	return f
}

// WithRescued is the schema with the format's rescued-data column behind the others, if the options name one that it lacks.
func WithRescued(f Format, schema types.Struct) types.Struct {
	r, ok := f.(interface{ rescuedColumn() string })
	if !ok {
		return schema
	}
	name := r.rescuedColumn()
	if name == "" || schema.Index(name) >= 0 {
		return schema
	}
	fields := append(slices.Clip(schema.Fields), types.Field{Name: name, Type: types.String, Nullable: true})
	return types.Struct{Fields: fields}
}

func (f *textFormat) rescuedColumn() string { return f.rescued }

func (f *textFormat) with(ctx context.Context, s Settings) (Format, error) {
	if s.Space != nil && f.prepare != nil {
		var err error
		if f, err = f.prepare(ctx, s.Space); err != nil {
			return nil, err
		}
	}
	out := *f
	var err error
	if s.Space != nil && f.badPath != "" {
		out.bad, err = newBadRecords(s, f.badPath)
	}
	return &out, err
}

func (f *textFormat) noting(found *records.Found) Format {
	out := *f
	out.found = found
	return &out
}

func (p Partitioned) noting(found *records.Found) Format {
	return Partitioned{Noting(p.Format, found), p.Partitions}
}

func (p Partitioned) rescuedColumn() string {
	if r, ok := p.Format.(interface{ rescuedColumn() string }); ok {
		return r.rescuedColumn()
	}
	return ""
}

func (p Partitioned) with(ctx context.Context, s Settings) (Format, error) {
	inner, err := With(ctx, p.Format, s)
	return Partitioned{inner, p.Partitions}, err
}
