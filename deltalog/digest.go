package deltalog

import (
	"context"
	"hash/maphash"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A digest is a file of the log as it is read: a commit, or a compaction of several. It holds the actions but those of files, of which
// it only says which they are and what they come to; where there are not too many, it holds these too.
type digest struct {
	Actions
	files     logFile // where its actions of files can be read again
	version   int64   // the last one that it holds
	compacted bool

	removes, adds []fateKey // in the order of the lines
	change        fileChange
}

// A digestKind says what digests hold.
type digestKind uint8

const (
	briefDigest digestKind = iota // no actions of files
	wholeDigest
)

// digestOf is what the actions of one version come to.
func digestOf(a *Actions, version int64) *digest {
	d := &digest{Actions: *a, version: version}
	d.note(&d.Actions)
	return d
}

// note takes down the actions of files.
func (d *digest) note(a *Actions) {
	for i := range a.Removes {
		file := &a.Removes[i]
		d.removes = append(d.removes, fateKeyOf(file.Path, file.DeletionVector.id()))
		d.change.remove(file)
	}
	for i := range a.Adds {
		file := &a.Adds[i]
		d.adds = append(d.adds, fateKeyOf(file.Path, file.DeletionVector.id()))
		d.change.add(file)
	}
}

// line takes one line of a brief digest.
func (d *digest) line(s *lineScanner, line []byte) error {
	if err := d.decodeLine(s, line); err != nil {
		return err
	}
	d.note(&d.Actions)
	d.Adds, d.Removes, d.CDC = d.Adds[:0], d.Removes[:0], d.CDC[:0]
	s.texts.forget() // all that it kept were theirs
	return nil
}

// read reads a commit or a compaction. For one that cannot be read, the commits that it stands for are.
func (k digestKind) read(ctx context.Context, store volumes.Store, f logFile) ([]*digest, error) {
	if f.kind != compactedFile {
		d, err := k.readCommit(ctx, store, f.version)
		return []*digest{d}, err
	}
	if d, err := k.readCompaction(ctx, store, f); err == nil {
		return []*digest{d}, nil
	}
	var commits []*digest
	for version := f.version; version <= f.through; version++ {
		d, err := k.readCommit(ctx, store, version)
		if err != nil {
			return nil, err
		}
		commits = append(commits, d)
	}
	return commits, nil
}

func (k digestKind) readCommit(ctx context.Context, store volumes.Store, version int64) (*digest, error) {
	d := &digest{version: version}
	info, err := readCommitLines(ctx, store, version, k.lines(d))
	if err != nil {
		return nil, err
	}
	d.files = info
	k.end(d)
	return d, nil
}

func (k digestKind) readCompaction(ctx context.Context, store volumes.Store, f logFile) (*digest, error) {
	d := &digest{version: f.through, compacted: true, files: f}
	if err := readCompactionLines(ctx, store, f, k.lines(d)); err != nil {
		return nil, err
	}
	k.end(d)
	if !d.reconciled() {
		return nil, errclass.DeltaLogCorrupt.New("%s says of one file more than once what became of it.", f.name)
	}
	return d, nil
}

func (k digestKind) lines(d *digest) lineDecoder {
	if k == wholeDigest {
		return d.decodeLine
	}
	return d.line
}

func (k digestKind) end(d *digest) {
	if k == wholeDigest {
		d.note(&d.Actions)
	} else {
		d.Adds, d.Removes, d.CDC = nil, nil, nil
	}
}

// reconciled reports whether each file is told of once, as the specification asks of a compaction. Some writers only put commits
// together, and not all in the same order.
func (d *digest) reconciled() bool {
	told := make(map[fateKey]bool, len(d.adds)+len(d.removes))
	for _, key := range d.adds {
		told[key] = true
	}
	for _, key := range d.removes {
		told[key] = true
	}
	return len(told) == len(d.adds)+len(d.removes)
}

// A fateKey stands for a file, the data file with its deletion vector. No two files of a table have one in common but by a chance that
// nobody will see: nobody who writes a log knows the seeds.
type fateKey struct{ high, low uint64 }

// fateSeeds are of the process.
var fateSeeds = [4]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed(), maphash.MakeSeed(), maphash.MakeSeed()}

func fateKeyOf(path, vector string) fateKey {
	key := fateKey{maphash.String(fateSeeds[0], path), maphash.String(fateSeeds[1], path)}
	if vector != "" {
		key.high ^= maphash.String(fateSeeds[2], vector)
		key.low ^= maphash.String(fateSeeds[3], vector)
	}
	return key
}
