package files

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/volumes"
)

// badRecords writes what cannot be read below the folder of option badRecordsPath, as Databricks does: lines of JSON, in
// <time>/bad_records/part-… for records and <time>/bad_files/part-… for files. It is no part of any transaction: a batch that
// is repeated writes its bad records again.
type badRecords struct{ place volumes.Location }

func newBadRecords(s Settings, path string) (*badRecords, error) {
	place, err := s.Space.Resolve(path)
	if err != nil {
		return nil, err
	}
	at := time.Unix(0, 0).UTC()
	if s.Now != nil {
		at = s.Now().UTC()
	}
	return &badRecords{place.Join(at.Format("20060102T150405"))}, nil
}

// badRecordsPath is the option, which does not go with a rescued-data column.
func badRecordsPath(v option.Values) (string, error) {
	path := v.String("badRecordsPath")
	if path != "" && v.String("rescuedDataColumn") != "" {
		return "", errclass.InvalidOption.New("options 'badRecordsPath' and 'rescuedDataColumn' cannot be set at the same time.").
			WithHint("Keep the one that says where unreadable data shall go.")
	}
	return path, nil
}

// file takes the bad records of one piece of a file.
func (b *badRecords) file(ctx context.Context, uri string) *badFile {
	return &badFile{folder: b.place, ctx: ctx, uri: uri}
}

// put writes a file of lines.
func (b *badRecords) put(ctx context.Context, kind string, lines []byte) error {
	return put(ctx, b.place, kind, lines)
}

func put(ctx context.Context, folder volumes.Location, kind string, lines []byte) error {
	at := folder.Join(kind + "/part-00000-" + uuid.NewString())
	return at.Store.Put(ctx, at.Key, lines)
}

// lost notes a file that cannot be read to its end.
func (b *badRecords) lost(ctx context.Context, uri string, why error) error {
	line := append(records.AppendJSON([]byte(`{"path":`), uri), `,"reason":`...)
	return b.put(ctx, "bad_files", append(records.AppendJSON(line, why.Error()), '}', '\n'))
}

// badFile gathers the bad records of one piece.
type badFile struct {
	folder volumes.Location
	ctx    context.Context // of the one reading that this is for
	uri    string
	lines  []byte
}

const badFileBytes = 4 << 20

// Put keeps a record.
func (b *badFile) Put(record []byte, reason string) error {
	b.lines = append(records.AppendJSON(append(b.lines, `{"path":`...), b.uri), `,"record":`...)
	b.lines = append(records.AppendJSON(b.lines, records.Text(record)), `,"reason":`...)
	b.lines = append(records.AppendJSON(b.lines, reason), '}', '\n')
	if len(b.lines) < badFileBytes {
		return nil
	}
	return b.flush()
}

// flush writes what was gathered.
func (b *badFile) flush() error {
	if b == nil || len(b.lines) == 0 {
		return nil
	}
	lines := b.lines
	b.lines = nil
	return put(b.ctx, b.folder, "bad_records", lines)
}

// errNoSpace is a bug: an option names a path, and nobody said where it is.
var errNoSpace = errors.New("internal error: a reading with a path among its options has no space")
