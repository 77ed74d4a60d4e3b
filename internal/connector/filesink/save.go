package filesink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/sinklog"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Mode says what becomes of files that are there.
type Mode uint8

// The modes.
const (
	ErrorIfExists Mode = iota
	Append
	Overwrite
	Ignore
)

// SaveOptions says how rows are saved.
type SaveOptions struct {
	Place       volumes.Location
	Format      string
	Mode        Mode
	PartitionBy []string
	Options     option.Values // of OptionTable
	// PartitionOverwrite says what Overwrite replaces: all ("static", the default), or the partitions that are written ("dynamic").
	PartitionOverwrite string
	Workers            int
	Zone               *time.Location // of the session
}

// temporary holds the files of a write that is under way, as Hadoop's does.
const temporary = "_temporary"

// success is the empty file that says that a write has ended well.
const success = "_SUCCESS"

// Save writes an operator's rows. What was there is touched only when all files of the write are complete.
func Save(ctx context.Context, op exec.Operator, o SaveOptions) error {
	s, err := newSaving(op.Schema(), o)
	if err != nil {
		return err
	}
	if done, err := s.look(ctx); done || err != nil {
		return err
	}
	err = s.run(ctx, op)
	return errors.Join(err, s.cleanUp(context.WithoutCancel(ctx)))
}

// saving is one write.
type saving struct {
	SaveOptions
	output
	store   volumes.Store // rooted at the folder
	staging string        // below it
}

func newSaving(schema types.Struct, o SaveOptions) (*saving, error) {
	out, err := newOutput(o.Format, schema, o.PartitionBy, o.Options, o.Zone)
	if err != nil {
		return nil, err
	}
	store, err := o.Place.Sub()
	return &saving{SaveOptions: o, output: out, store: store, staging: temporary + "/" + uuid.NewString()}, err
}

// look sees to what is there already; done: there is nothing to be written.
func (s *saving) look(ctx context.Context) (done bool, err error) {
	at := s.Place
	info, err := at.Store.Stat(ctx, at.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case s.Mode == Ignore:
		return true, nil
	case s.Mode == ErrorIfExists:
		return false, errclass.PathAlreadyExists.New("Path %s already exists. Set mode as \"overwrite\" to overwrite the existing path.", at.URI)
	case s.Mode == Append && info.IsDir:
		return false, s.notOfSink(ctx)
	case !info.IsDir && s.Mode == Overwrite:
		return false, at.Store.Delete(ctx, at.Key)
	}
	return false, nil
}

// notOfSink refuses a folder whose readers would not see what is added.
func (s *saving) notOfSink(ctx context.Context) error {
	ofSink, err := sinklog.Exists(ctx, s.store, ".")
	if err == nil && ofSink {
		err = errclass.UnsupportedFeature.New("%s is the output of a streaming query: its readers take the files that %s names, and would not see what a batch appends.", s.Place.URI, sinklog.Dir).
			WithHint("Write into a folder of its own, or with mode overwrite.")
	}
	return err
}

func (s *saving) run(ctx context.Context, op exec.Operator) error {
	staged, err := volumes.Sub(s.store, s.staging)
	if err != nil {
		return err
	}
	job, joint := uuid.NewString(), "-c"
	if len(s.partition) > 0 {
		joint = ".c"
	}
	w := s.writer(staged, func(worker, number int) string {
		return fmt.Sprintf("part-%05d-%s%s%03d%s", worker, job, joint, number, s.extension)
	})
	done, err := w.Write(ctx, op, max(1, s.Workers))
	if err == nil && len(done) == 0 && len(s.partition) == 0 {
		done, err = w.WriteEmpty(ctx) // it tells the columns
	}
	if err != nil {
		return err
	}
	if s.Mode == Overwrite {
		if err := s.clear(ctx, done); err != nil {
			return err
		}
	}
	for _, f := range done {
		if err := s.store.Move(ctx, s.staging+"/"+f.Name, f.Name); err != nil {
			return fmt.Errorf("save %s: %w", s.Place.URI, err)
		}
	}
	return s.store.Put(ctx, success, nil)
}

// clear removes what an overwrite replaces: all, or the partitions that it writes.
func (s *saving) clear(ctx context.Context, done []datafiles.File) error {
	if s.PartitionOverwrite != "dynamic" || len(s.partition) == 0 {
		return s.clearFolder(ctx, ".")
	}
	var cleared []string
	for _, f := range done {
		dir := path.Dir(f.Name)
		if slices.Contains(cleared, dir) {
			continue
		}
		if err := s.clearFolder(ctx, dir); err != nil {
			return err
		}
		cleared = append(cleared, dir)
	}
	return nil
}

func (s *saving) clearFolder(ctx context.Context, dir string) error {
	var old []string
	for info, err := range s.store.List(ctx, dir, volumes.ListOptions{Dirs: true, Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if info.Name != temporary {
			old = append(old, info.Name)
		}
	}
	for _, name := range old {
		if err := volumes.RemoveAll(ctx, s.store, name); err != nil {
			return err
		}
	}
	return nil
}

// cleanUp removes the write's own folder, and the one above it when no other write is under way.
func (s *saving) cleanUp(ctx context.Context) error {
	if err := volumes.RemoveAll(ctx, s.store, s.staging); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = s.store.Delete(ctx, temporary) // not empty: another writes
	return nil
}

// output is the files of a write, batch or stream.
type output struct {
	schema    types.Struct
	partition []string
	extension string
	open      openFile
	zone      *time.Location
	maxRows   int64
}

func newOutput(name string, schema types.Struct, by []string, v option.Values, zone *time.Location) (output, error) {
	f, err := lookUp(name)
	if err != nil {
		return output{}, err
	}
	partition, err := datafiles.PartitionColumns(schema, by)
	if err != nil {
		return output{}, err
	}
	if err := f.check(name, schema, partition); err != nil {
		return output{}, err
	}
	open, err := f.open(v, zone)
	return output{
		schema: types.AsNullable(schema).(types.Struct), partition: partition, extension: f.extension(v), open: open, zone: zone,
		maxRows: v.Int("maxRecordsPerFile"),
	}, err
}

func (o output) writer(store volumes.Store, name func(worker, number int) string) *datafiles.Writer {
	return datafiles.New(datafiles.Config{
		Store: store, Schema: o.schema, PartitionBy: o.partition, Zone: o.zone, MaxRows: o.maxRows, Name: name, Open: o.open,
	})
}

// description is a place as Spark's descriptions spell it.
func description(place volumes.Location) string {
	return strings.Replace(place.URI, "file:///", "file:/", 1)
}
