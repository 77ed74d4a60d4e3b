package files

import (
	"slices"
	"time"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// Settings is what a reading has beside the options of its format.
type Settings struct {
	Space *volumes.Space   // where badRecordsPath is
	Now   func() time.Time // names the folder of bad records; nil: there is one folder, of no time
	Found *records.Found   // takes note of fields that the schema lacks, and of values that do not fit; nil: nobody asks
}

// With is the format with these settings, and otherwise as it was. Fields that are nil change nothing.
func With(f Format, s Settings) (Format, error) {
	if settable, ok := f.(interface {
		with(s Settings) (Format, error)
	}); ok {
		return settable.with(s)
	}
	return f, nil
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

func (f *textFormat) with(s Settings) (Format, error) {
	out := *f
	if s.Found != nil {
		out.found = s.Found
	}
	var err error
	if s.Space != nil && f.badPath != "" {
		out.bad, err = newBadRecords(s, f.badPath)
	}
	return &out, err
}

func (p Partitioned) rescuedColumn() string {
	if r, ok := p.Format.(interface{ rescuedColumn() string }); ok {
		return r.rescuedColumn()
	}
	return ""
}

func (p Partitioned) with(s Settings) (Format, error) {
	inner, err := With(p.Format, s)
	return Partitioned{inner, p.Partitions}, err
}
