package statestore

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/volumes"
)

// A Checkpoint is the folder of a query whose state is to be read.
type Checkpoint struct {
	Store volumes.Store
	Path  string // for error texts: file:/Volumes/…
}

// opened is a checkpoint as of a batch.
type opened struct {
	Checkpoint
	logs       *checkpoint.Checkpoint
	state      state.Folder
	batch      int64
	partitions int // of the batch, by its settings
}

// open finds the batch, -1 for the last one that is committed, and refuses state that is not in files that can be read.
func (c Checkpoint) open(ctx context.Context, batch int64) (*opened, error) {
	logs, err := checkpoint.Read(ctx, c.Store, c.Path)
	if err != nil {
		return nil, err
	}
	o := &opened{Checkpoint: c, logs: logs, state: state.Folder{Store: c.Store, Dir: "state"}, batch: batch}
	if err := o.settleBatch(ctx); err != nil {
		return nil, err
	}
	offsets, err := logs.Offsets.Get(ctx, o.batch)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errclass.StateOffsetsUnavailable.New("The offset log for %d does not exist, checkpoint location: %s.", o.batch, c.Path).
			WithHint("Please specify the batch ID which is available for querying - you can query the available batch IDs via using state metadata data source.")
	}
	if err != nil {
		return nil, err
	}
	if err := Readable(offsets.Conf); err != nil {
		return nil, err
	}
	if text, ok := offsets.Conf.Get(checkpoint.ShufflePartitions); ok {
		if o.partitions, err = strconv.Atoi(text); err != nil || o.partitions < 1 {
			return nil, errclass.MalformedLogFile.New("Log file was malformed: offsets/%d of %s speaks of %.40q shuffle partitions.", o.batch, c.Path, text)
		}
	}
	return o, nil
}

// settleBatch: a checkpoint of Spark before 2.1.1 has no commits at all; then the batch has to be named.
func (o *opened) settleBatch(ctx context.Context) error {
	_, newest, err := o.logs.Commits.Ends(ctx)
	if err != nil {
		return err
	}
	if o.batch < 0 {
		o.batch = newest
	}
	if o.batch < 0 || newest >= 0 && o.batch > newest {
		return o.noBatch()
	}
	return nil
}

func (o *opened) noBatch() error {
	return errclass.StateBatchUnavailable.New("No committed batch found, checkpoint location: %s. Ensure that the query has run and committed any microbatch before stopping.", o.Path)
}

// Readable refuses the settings of state that is not in files of Spark's HDFS-backed provider as this engine reads them.
func Readable(conf checkpoint.Conf) error {
	for _, known := range []struct{ key, value, why string }{
		{checkpoint.StateProviderClass, checkpoint.HDFSProvider, "state of another state store provider (RocksDB's files) is not read"},
		{checkpoint.StateEncodingFormat, "unsaferow", "state that is encoded as Avro is not read"},
		{checkpoint.StateRowChecksum, "false", "state with a checksum in each row is not read"},
	} {
		if have, _ := conf.Get(known.key); have != known.value && have != "" {
			return errclass.UnsupportedFeature.New("The checkpoint was made with %s = %s: %s.", known.key, have, known.why).
				WithHint("Read it with Spark; a query whose state shall be read here needs a new checkpoint with %s = %s.", known.key, known.value)
		}
	}
	if codec, _ := conf.Get(checkpoint.StateCompressionCodec); codec != "" && !slices.Contains(state.Codecs, codec) {
		return errclass.UnsupportedFeature.New("The checkpoint was made with %s = %s: of state %s is read.", checkpoint.StateCompressionCodec, codec, strings.Join(state.Codecs, ", ")).
			WithHint("Read it with Spark.")
	}
	return nil
}
