package autoloader

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"lakehouse/volumes"
)

// seenIndex keeps, beside the log, which files it names, so that opening a long log does not read all of
// it. It is a row of runs, .seen/<first>-<last>, each of which stands for these batches of the log:
//
//	"seen v1 path\n", or "name" for fileNameOnly
//	16 bytes   half of the SHA-256 of the log's file <last>
//	24 bytes a file: its fileID, its time in milliseconds
//	8 bytes    xxHash64 of all that
//
// A run stands for runBatches batches; of mergeRuns runs of one length, one is made. So a file is written
// again a logarithmic number of times, and there are never many runs. The log decides: a run that is
// damaged, or does not fit the log, is thrown away, and its batches are read.
type seenIndex struct {
	log      *sourceLog
	header   string
	runs     []seenRun // without gaps, from batch 0 on
	recent   []byte    // the records behind the runs
	upTo     int64     // the newest batch in recent, or in the runs
	identify func(uri string) fileID
}

type seenRun struct{ first, last int64 }

func (r seenRun) width() int64 { return r.last - r.first + 1 }

const (
	runBatches     = 64
	mergeRuns      = 8
	seenFolder     = ".seen"
	recordBytes    = 16 + 8
	fingerprintLen = 16
	checksumLen    = 8
)

func newSeenIndex(log *sourceLog, seen *seenFiles) *seenIndex {
	header := "seen v1 path\n"
	if seen.nameOnly {
		header = "seen v1 name\n"
	}
	return &seenIndex{log: log, header: header, upTo: beforeAll, identify: seen.identify}
}

// load gives the files of the runs that hold, and says up to which batch they go. What else lies there
// is swept away.
func (x *seenIndex) load(ctx context.Context, visit func(id fileID, modified int64)) (last int64, err error) {
	found, err := x.list(ctx)
	if err != nil {
		return beforeAll, err
	}
	for _, r := range found {
		if r.first != x.upTo+1 {
			continue
		}
		records, err := x.read(ctx, r)
		if err != nil {
			return beforeAll, err
		}
		if records == nil {
			continue
		}
		for ; len(records) > 0; records = records[recordBytes:] {
			visit(fileID(records), int64(binary.LittleEndian.Uint64(records[16:])))
		}
		x.runs, x.upTo = append(x.runs, r), r.last
	}
	x.drop(ctx, slices.DeleteFunc(found, func(r seenRun) bool { return slices.Contains(x.runs, r) }))
	return x.upTo, nil
}

// list finds the runs: by their first batches, of those the longest first.
func (x *seenIndex) list(ctx context.Context) (found []seenRun, err error) {
	for info, err := range x.log.store.List(ctx, path.Join(x.log.dir, seenFolder), volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the files seen: %w", err)
		}
		from, to, _ := strings.Cut(path.Base(info.Name), "-")
		first, err := strconv.ParseUint(from, 10, 62)
		last, errLast := strconv.ParseUint(to, 10, 62)
		if err == nil && errLast == nil && first <= last {
			found = append(found, seenRun{int64(first), int64(last)})
		}
	}
	slices.SortFunc(found, func(a, b seenRun) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last)) })
	return found, nil
}

func (x *seenIndex) name(r seenRun) string {
	return path.Join(x.log.dir, seenFolder, fmt.Sprintf("%d-%d", r.first, r.last))
}

// read gives the records of a run; nil: it does not hold.
func (x *seenIndex) read(ctx context.Context, r seenRun) ([]byte, error) {
	data, err := volumes.ReadFileMax(ctx, x.log.store, x.name(r), maxLogBytes)
	if err != nil {
		return nil, fmt.Errorf("read the files seen: %w", err)
	}
	head := len(x.header) + fingerprintLen
	body := len(data) - checksumLen
	if body < head || (body-head)%recordBytes != 0 || string(data[:len(x.header)]) != x.header ||
		xxhash.Sum64(data[:body]) != binary.LittleEndian.Uint64(data[body:]) {
		return nil, nil
	}
	fingerprint, err := x.fingerprint(ctx, r.last)
	if err != nil || !bytes.Equal(fingerprint, data[len(x.header):head]) {
		return nil, err
	}
	return data[head:body:body], nil
}

// fingerprint tells one log from another by one of its files; nil: it is not there.
func (x *seenIndex) fingerprint(ctx context.Context, batch int64) ([]byte, error) {
	data, err := volumes.ReadFileMax(ctx, x.log.store, x.log.name(batch), maxLogBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read source log: %w", err)
	}
	sum := sha256.Sum256(data)
	return sum[:fingerprintLen], nil
}

// note adds the files of batches that follow.
func (x *seenIndex) note(upTo int64, entries []entry) {
	for _, e := range entries {
		id := x.identify(normalURI(e.Path))
		x.recent = append(x.recent, id[:]...)
		x.recent = binary.LittleEndian.AppendUint64(x.recent, uint64(e.Timestamp))
	}
	x.upTo = upTo
}

// settle makes a run of the batches behind the runs, when they are enough for one, and merges runs.
func (x *seenIndex) settle(ctx context.Context) error {
	next := int64(0)
	if n := len(x.runs); n > 0 {
		next = x.runs[n-1].last + 1
	}
	r := seenRun{next, x.upTo}
	if r.width() < runBatches {
		return nil
	}
	written, err := x.write(ctx, r, x.recent)
	if err != nil || !written {
		return err
	}
	x.runs, x.recent = append(x.runs, r), nil
	for x.canMerge() {
		if merged, err := x.merge(ctx); err != nil || !merged {
			return err
		}
	}
	return nil
}

// canMerge tells whether the newest runs, of which there are enough, reach no more batches each than
// the newest of them times mergeRuns.
func (x *seenIndex) canMerge() bool {
	n := len(x.runs)
	return n >= mergeRuns && x.runs[n-mergeRuns].width() < x.runs[n-1].width()*mergeRuns
}

func (x *seenIndex) merge(ctx context.Context) (merged bool, err error) {
	old := x.runs[len(x.runs)-mergeRuns:]
	whole := seenRun{old[0].first, old[mergeRuns-1].last}
	var records []byte
	for _, r := range old {
		more, err := x.read(ctx, r)
		if err != nil {
			return false, err
		}
		if more == nil {
			return false, fmt.Errorf("merge the files seen: %s was damaged since it was read", x.name(r))
		}
		records = append(records, more...)
	}
	if written, err := x.write(ctx, whole, records); err != nil || !written {
		return false, err
	}
	x.drop(ctx, old)
	x.runs = append(x.runs[:len(x.runs)-mergeRuns], whole)
	return true, nil
}

// write makes a run, unless its last batch lies only in one of Spark's compactions: there, later runs of
// Spark may take it away again, and a listing is needed to find it.
func (x *seenIndex) write(ctx context.Context, r seenRun, records []byte) (written bool, err error) {
	fingerprint, err := x.fingerprint(ctx, r.last)
	if err != nil || fingerprint == nil {
		return false, err
	}
	data := make([]byte, 0, len(x.header)+fingerprintLen+len(records)+checksumLen)
	data = append(append(append(data, x.header...), fingerprint...), records...)
	data = binary.LittleEndian.AppendUint64(data, xxhash.Sum64(data))
	if err := x.log.store.Put(ctx, x.name(r), data); err != nil {
		return false, fmt.Errorf("keep the files seen: %w", err)
	}
	return true, nil
}

// drop deletes runs. What is left of them is swept away by the next load.
func (x *seenIndex) drop(ctx context.Context, runs []seenRun) {
	for _, r := range runs {
		_ = x.log.store.Delete(ctx, x.name(r))
	}
}
