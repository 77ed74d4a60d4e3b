package interop

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// tornSchema is of a table whose every version replaces all rows: version holds the same number in each, and there are
// countOf(version) of them.
var tornSchema = types.Struct{Fields: []types.Field{{Name: "version", Type: types.Long}, {Name: "id", Type: types.Long}}}

func countOf(version int64) int64 { return 100 + version%17 }

func tornRows(version int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(tornSchema))
	for id := range countOf(version) {
		b.Field(0).(*array.Int64Builder).Append(version)
		b.Field(1).(*array.Int64Builder).Append(id)
	}
	return b.NewRecordBatch()
}

// nobodySeesATornTable has every reader read a table again and again while version after version is written, with a checkpoint
// every ten: each reading is one whole version, and none is older than the one before.
func nobodySeesATornTable(t *testing.T, peers []*peer) {
	l := newLake(t)
	path := l.write("torn", tornSchema, tornRows(0))
	at := reading{name: "torn", path: path}
	read := map[string]func() ([]arrow.RecordBatch, error){"we": func() ([]arrow.RecordBatch, error) {
		_, _, batches, err := l.read(t, at)
		return batches, err
	}}
	for _, p := range peers {
		read[p.name] = func() ([]arrow.RecordBatch, error) {
			_, batches, _, err := p.read(at)
			return batches, err
		}
	}
	done := make(chan struct{})
	var readers, slow sync.WaitGroup // slow: those that have not read often enough
	for name := range read {
		slow.Add(1)
		readers.Go(func() { watchVersions(t, name, read[name], done, slow.Done) })
	}
	enough := make(chan struct{})
	go func() { slow.Wait(); close(enough) }()
	for version := int64(1); version < 60 || version < 400 && !closed(enough); version++ {
		l.write("torn", tornSchema, tornRows(version), mode("overwrite"))
	}
	close(done)
	readers.Wait()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// kernelListing is what delta-kernel-rs says, and delta-rs and Polars with it, when a log grows while it is being listed: a folder's
// listing is no snapshot, and may hold a version's checksum without the version. It is an error, and asks to be reported.
const kernelListing = "is newer than log segment version"

// watchVersions reads until it is done, and tells when it has read some times.
func watchVersions(t *testing.T, name string, read func() ([]arrow.RecordBatch, error), done <-chan struct{}, often func()) {
	const some = 5
	tell := sync.OnceFunc(often)
	defer tell() // a failure is not waited for
	last, gaveUp := int64(0), 0
	for n := 1; ; n++ {
		batches, err := read()
		switch {
		case err == nil:
			last, err = wholeVersion(batches, last)
		case strings.Contains(err.Error(), kernelListing):
			gaveUp++
			err = nil
		}
		if err != nil {
			t.Errorf("%s, reading %d: %v", name, n, err)
			return
		}
		if n > some {
			tell()
		}
		if closed(done) {
			t.Logf("%s read %d times, the last time version %d; %d times its listing of the log was no version", name, n, last, gaveUp)
			return
		}
	}
}

// wholeVersion is the version that the rows are, and not older than the one seen last.
func wholeVersion(batches []arrow.RecordBatch, last int64) (version int64, err error) {
	version = -1
	ids := map[int64]bool{}
	for _, b := range batches {
		versions, err := int64s(b, "version")
		if err != nil {
			return last, err
		}
		all, err := int64s(b, "id")
		if err != nil {
			return last, err
		}
		for i, v := range versions {
			if version >= 0 && v != version {
				return last, fmt.Errorf("rows of versions %d and %d", version, v)
			}
			version, ids[all[i]] = v, true
		}
	}
	switch {
	case version < 0:
		return last, errors.New("no rows")
	case int64(len(ids)) != countOf(version):
		return last, fmt.Errorf("%d rows of version %d, which has %d", len(ids), version, countOf(version))
	case version < last:
		return last, fmt.Errorf("version %d after version %d", version, last)
	}
	return version, nil
}

func int64s(b arrow.RecordBatch, name string) ([]int64, error) {
	at := b.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("no column %s in %s", name, b.Schema())
	}
	column, ok := b.Column(at[0]).(*array.Int64)
	if !ok {
		return nil, fmt.Errorf("column %s is %s", name, b.Column(at[0]).DataType())
	}
	return column.Int64Values(), nil
}
