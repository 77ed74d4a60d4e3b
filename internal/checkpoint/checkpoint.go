package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

const (
	metadataFile     = "metadata"
	maxMetadataBytes = 1 << 20
)

// Start is a run of a query that opens its checkpoint.
type Start struct {
	Path  string // of the checkpoint, for error texts: file:/Volumes/…
	Name  string // of the query; may be empty
	RunID string
	NewID string // the query's id from now on, if this is its first start
	PID   int    // of this process
}

// A Checkpoint is a query's folder, held by one run of it.
type Checkpoint struct {
	Store   volumes.Store
	Offsets *Log[Offsets]
	Commits *Log[Commit]

	path    string
	id      string
	release func() error
}

// Open takes a query's checkpoint for a run of it: a new one, or one where it was left. Close it. While
// another run holds it the answer is CONCURRENT_QUERY, which names that run. A folder that holds batches but
// has lost its metadata is refused: under a new id a sink could not tell a batch that it has.
func Open(ctx context.Context, store volumes.Store, start Start) (*Checkpoint, error) {
	c := folder(store, start.Path)
	id, err := c.readID(ctx)
	if err != nil {
		return nil, err
	}
	if c.release, err = lease(ctx, store, c.path, start.holder(id)); err != nil {
		return nil, err
	}
	if err := c.begin(ctx, start.NewID); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Read looks at a checkpoint without taking it: its query may be running. The id is empty where there is no checkpoint.
// Close does nothing.
func Read(ctx context.Context, store volumes.Store, path string) (*Checkpoint, error) {
	c := folder(store, path)
	c.release = func() error { return nil }
	var err error
	c.id, err = c.readID(ctx)
	return c, err
}

func folder(store volumes.Store, path string) *Checkpoint {
	path = strings.TrimRight(path, "/")
	return &Checkpoint{
		Store:   store,
		Offsets: &Log[Offsets]{store: store, dir: "offsets", path: path, reads: MapFormat, encode: encodeOffsets, decode: decodeOffsets, oldest: -1},
		Commits: &Log[Commit]{store: store, dir: "commits", path: path, reads: sinksVersion, encode: encodeCommit, decode: decodeCommit, oldest: -1},
		path:    path,
	}
}

// ID is the query's, the same at each start.
func (c *Checkpoint) ID() string { return c.id }

// Close lets another run take the checkpoint.
func (c *Checkpoint) Close() error { return c.release() }

// Purge removes the logs of batches that no restart asks for, as batch n is planned: all but the last retain.
func (c *Checkpoint) Purge(ctx context.Context, n, retain int64) error {
	if err := c.Offsets.PurgeBefore(ctx, n-retain); err != nil {
		return err
	}
	return c.Commits.PurgeBefore(ctx, n-retain)
}

// begin finds the id or gives one, and makes sure that what is built upon outlives a power cut.
func (c *Checkpoint) begin(ctx context.Context, newID string) (err error) {
	if c.id, err = c.readID(ctx); err != nil {
		return err
	}
	if c.id == "" {
		return c.first(ctx, newID)
	}
	if err := c.Offsets.secure(ctx); err != nil {
		return err
	}
	return c.Commits.secure(ctx)
}

// first writes the metadata of a query that has never run.
func (c *Checkpoint) first(ctx context.Context, newID string) error {
	for _, newest := range []func(context.Context) (int64, int64, error){c.Offsets.ends, c.Commits.ends} {
		_, batch, err := newest(ctx)
		if err != nil {
			return err
		}
		if batch >= 0 {
			return c.metadataLost(batch)
		}
	}
	text, err := json.Marshal(queryMetadata{ID: newID})
	if err != nil {
		return fmt.Errorf("write %s/%s: %w", c.path, metadataFile, err)
	}
	err = c.Store.PutIfAbsent(ctx, metadataFile, text)
	if errors.Is(err, fs.ErrExist) { // a store without locks, and another was faster: it will win offsets/0 or lose
		c.id, err = c.readID(ctx)
		return err
	}
	if err != nil {
		return fmt.Errorf("write %s/%s: %w", c.path, metadataFile, err)
	}
	c.id = newID
	return nil
}

func (c *Checkpoint) metadataLost(batch int64) error {
	return errclass.StreamMissingMetadata.New("Checkpoint location %s is in an inconsistent state: the metadata file is missing but offset "+
		"and/or commit logs contain data, up to batch %d.", c.path, batch).
		WithHint(`Restore the file metadata ({"id":"<the query's id>"}; a Delta sink has it as appId of its txn actions), or start with a new checkpoint.`)
}

// queryMetadata is the content of the file metadata.
type queryMetadata struct {
	ID string `json:"id"`
}

// readID gives the id that stands in the metadata; "" where there is no such file.
func (c *Checkpoint) readID(ctx context.Context) (string, error) {
	text, err := volumes.ReadFileMax(ctx, c.Store, metadataFile, maxMetadataBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s/%s: %w", c.path, metadataFile, err)
	}
	return c.parseID(text)
}

func (c *Checkpoint) parseID(text []byte) (string, error) {
	var metadata map[string]any // not queryMetadata: its decoder takes "ID" for "id", as Spark does not
	if err := json.Unmarshal(text, &metadata); err != nil {
		return "", malformed(c.path+"/"+metadataFile, err.Error())
	}
	id, _ := metadata["id"].(string)
	if id == "" {
		return "", malformed(c.path+"/"+metadataFile, "it holds no id")
	}
	return id, nil
}
