package autoloader

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// columns are those that a stream of files found by itself: of the files, and of the folders above them.
type columns struct{ data, partitions types.Struct }

func (c columns) equal(o columns) bool {
	return types.Equal(c.data, o.data) && types.Equal(c.partitions, o.partitions)
}

// A schemaLog keeps the versions of a stream's columns, as Auto Loader lays them out: <schemaLocation>/_schemas/<n>, a line
// "v1" and a line of JSON. A version is written once and never changed.
type schemaLog struct {
	store volumes.Store
	dir   string // …/_schemas
	uri   string // for messages
}

const schemasFolder = "_schemas"

// schemaLine is the second line of a version. Each member is JSON itself, as text.
type schemaLine struct {
	Data       string `json:"dataSchemaJson"`
	Partitions string `json:"partitionSchemaJson"`
}

var schemaLines = exactjson.For[schemaLine]()

const maxSchemaBytes = 64 << 20

func openSchemaLog(space *volumes.Space, location string) (*schemaLog, error) {
	place, err := space.Resolve(location)
	if err != nil {
		return nil, err
	}
	at := place.Join(schemasFolder)
	return &schemaLog{store: at.Store, dir: at.Key, uri: at.URI}, nil
}

// latest gives the newest version; -1: there is none.
func (l *schemaLog) latest(ctx context.Context) (version int64, c columns, err error) {
	all, err := numbered(ctx, l.store, l.dir)
	if err != nil || len(all) == 0 {
		return -1, columns{}, err
	}
	version = all[len(all)-1]
	c, err = l.read(ctx, version)
	return version, c, err
}

func (l *schemaLog) name(version int64) string {
	return path.Join(l.dir, strconv.FormatInt(version, 10))
}

func (l *schemaLog) read(ctx context.Context, version int64) (columns, error) {
	text, err := volumes.ReadFileMax(ctx, l.store, l.name(version), maxSchemaBytes)
	if err != nil {
		return columns{}, fmt.Errorf("read schema: %w", err)
	}
	c, err := decodeSchema(text)
	if err != nil {
		return columns{}, errclass.MalformedLogFile.New("the schema %s/%d cannot be read: %w", l.uri, version, err).
			WithHint("Restore the file, or start with a new cloudFiles.schemaLocation.")
	}
	return c, nil
}

// add writes a version. One that is there already must say the same.
func (l *schemaLog) add(ctx context.Context, version int64, c columns) error {
	err := l.store.PutIfAbsent(ctx, l.name(version), encodeSchema(c))
	if err == nil {
		return nil
	}
	there, readErr := l.read(ctx, version)
	switch {
	case readErr == nil && there.equal(c) && errors.Is(err, fs.ErrExist):
		return nil
	case readErr == nil && there.equal(c): // perhaps not yet safe
		return l.secure(ctx, version, c)
	case readErr == nil:
		return errclass.ConcurrentStreamLogUpdate.New("the schema %s/%d was written by someone else.", l.uri, version).
			WithHint("Start the query again: it takes the newest schema. Give each stream a cloudFiles.schemaLocation of its own.")
	}
	return fmt.Errorf("write schema: %w", err)
}

// secure has the store sync a version again: a put that failed may have left it visible and not yet safe.
func (l *schemaLog) secure(ctx context.Context, version int64, c columns) error {
	if err := l.store.PutIfAbsent(ctx, l.name(version), encodeSchema(c)); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secure schema: %w", err)
	}
	return nil
}

func encodeSchema(c columns) []byte {
	line, err := json.Marshal(schemaLine{Data: string(types.ToJSON(c.data)), Partitions: string(types.ToJSON(c.partitions))})
	if err != nil {
		return nil // not reachable: two texts
	}
	return append([]byte(logVersion+"\n"), line...)
}

var errNoSchema = errors.New("it is no line v1 and a line of JSON")

func decodeSchema(text []byte) (c columns, err error) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	if string(first) != logVersion {
		return c, errNoSchema
	}
	var line schemaLine
	if err := schemaLines.Unmarshal(bytes.TrimSpace(rest), &line); err != nil {
		return c, err
	}
	if c.data, err = types.FromJSON([]byte(line.Data)); err != nil || line.Partitions == "" {
		return c, err
	}
	c.partitions, err = types.FromJSON([]byte(line.Partitions))
	return c, err
}

// KeptPartitions are the columns of folders that a stream with this schema location began with: folders that came since do
// not change them. Where nothing is kept yet it reports false.
func KeptPartitions(ctx context.Context, space *volumes.Space, location string) (fields []types.Field, kept bool, err error) {
	if location == "" {
		return nil, false, nil
	}
	log, err := openSchemaLog(space, location)
	if err != nil {
		return nil, false, err
	}
	version, c, err := log.latest(ctx)
	return c.partitions.Fields, err == nil && version >= 0, err
}
