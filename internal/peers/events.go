package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// An eventSet is a folder of Parquet files of events (id, key, time), one file a micro-batch.
type eventSet struct {
	files, each int
	at          func(i int) event
}

// An event is one row; time is in microseconds since the epoch.
type event struct{ id, key, time int64 }

const (
	second     = int64(1_000_000)
	hour       = 3600 * second
	firstEvent = 1_767_225_600 * second // 2026-01-01
)

// mix spreads numbers, so that the events of a group lie all over the files (splitmix64's last steps).
func mix(n int) uint64 {
	z := uint64(n)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// grouped are events of so many groups by key and window of an hour: ten windows of each key.
func grouped(files, each, groups int) eventSet {
	const windows = 10
	return eventSet{files: files, each: each, at: func(i int) event {
		group := int64(mix(i) % uint64(groups))
		within := int64(mix(i)>>40) % 3600 * second
		return event{id: int64(i), key: group / windows, time: firstEvent + group%windows*hour + within}
	}}
}

// repeated are events one second apart, a third of which repeat the id of one shortly before.
func repeated(files, each int) eventSet {
	return eventSet{files: files, each: each, at: func(i int) event {
		id := i
		if mix(i)%3 == 0 {
			id = max(i-int(mix(i)>>20)%(each/2), 0)
		}
		return event{id: int64(id), key: int64(id % 1000), time: firstEvent + int64(id)*second/100}
	}}
}

// following gives the events of another set again, up to twenty minutes later: half of them too late for a bound of ten.
func following(of eventSet) eventSet {
	return eventSet{files: of.files, each: of.each, at: func(i int) event {
		e := of.at(i)
		e.key = int64(mix(i) % 5)
		e.time += int64(mix(i)>>16) % 1200 * second
		return e
	}}
}

// steady are events with ids of their own, a hundred a second.
func steady(files, each int) eventSet {
	return eventSet{files: files, each: each, at: func(i int) event {
		return event{id: int64(i), key: int64(i % 1000), time: firstEvent + int64(i)*second/100}
	}}
}

// write fills dir. The files' times are in their order.
func (s eventSet) write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for f := range s.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.writeFile(dir, f); err != nil {
			return fmt.Errorf("generate events: %w", err)
		}
	}
	return nil
}

func (s eventSet) writeFile(dir string, f int) (err error) {
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("events_%05d.parquet", f)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffered := bufio.NewWriter(file)
	schema, err := types.ParseDDL(eventSchema)
	if err != nil {
		return err
	}
	out, err := parquetio.NewWriter(buffered, schema, parquetio.WriterOptions{})
	if err != nil {
		return err
	}
	if err := out.Write(s.rows(schema, f)); err != nil {
		return err
	}
	if _, err := out.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

const eventSchema = "id bigint, key bigint, time timestamp"

func (s eventSet) rows(schema types.Struct, f int) arrow.RecordBatch {
	arrowSchema := types.ToArrowSchema(schema)
	ids, keys := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	times := array.NewTimestampBuilder(memory.DefaultAllocator, arrowSchema.Field(2).Type.(*arrow.TimestampType))
	for i := f * s.each; i < (f+1)*s.each; i++ {
		e := s.at(i)
		ids.Append(e.id)
		keys.Append(e.key)
		times.Append(arrow.Timestamp(e.time))
	}
	return array.NewRecordBatch(arrowSchema, []arrow.Array{ids.NewArray(), keys.NewArray(), times.NewArray()}, int64(s.each))
}
