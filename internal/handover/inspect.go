package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
)

// inspection is one look at a checkpoint.
type inspection struct {
	Checkpoint
	report    *Report
	logs      *checkpoint.Checkpoint
	planned   int64 // the newest of offsets/; -1: none
	committed int64 // the newest of commits/; -1: none
	offsets   checkpoint.Offsets
	operators []state.OperatorInfo
}

// Inspect looks at a checkpoint that Spark has written, and says whether this engine can go on with its query. It changes
// nothing. What forbids to go on is told in the report; an error says that the checkpoint could not be looked at.
func Inspect(ctx context.Context, c Checkpoint) (*Report, error) {
	i := &inspection{Checkpoint: c, report: &Report{Path: c.Path}}
	for _, look := range []func(context.Context) error{i.query, i.lock, i.batches, i.settings, i.commit, i.state, i.sources, i.checksums} {
		if err := look(ctx); err != nil {
			if !asRefusal(i.report, err) {
				return nil, err
			}
			break // what follows rests upon it
		}
	}
	i.next()
	return i.report, nil
}

// asRefusal takes an error about the checkpoint's content into the report.
func asRefusal(r *Report, err error) bool {
	e, ok := errors.AsType[*errclass.Error](err)
	if !ok || e.Class == errclass.PathNotFound {
		return false
	}
	r.refuse("checkpoint", string(e.Class), err.Error())
	return true
}

func (i *inspection) query(ctx context.Context) (err error) {
	if i.logs, err = checkpoint.Read(ctx, i.Store, i.Path); err != nil {
		return err
	}
	if _, i.planned, err = i.logs.Offsets.Ends(ctx); err != nil {
		return err
	}
	if _, i.committed, err = i.logs.Commits.Ends(ctx); err != nil {
		return err
	}
	switch {
	case i.logs.ID() != "":
		i.report.fine("query", "id "+i.logs.ID(), "it keeps its id: a Delta sink knows its batches by it")
	case i.planned < 0 && i.committed < 0:
		return errclass.PathNotFound.New("%s holds no checkpoint: it has no metadata file.", i.Path).
			WithHint("Name the checkpointLocation of a query.")
	default:
		i.report.refuse("query", "batches, and no metadata file", "restore the file metadata: under a new id a sink could not tell a batch that it has")
	}
	return nil
}

// batches says which batch was planned and which is done.
func (i *inspection) batches(ctx context.Context) error {
	if i.planned < 0 {
		if i.committed >= 0 {
			i.report.refuse("batches", fmt.Sprintf("commits/%d and no offsets", i.committed), "files were lost: restore them")
			return nil
		}
		i.report.fine("batches", "none", "the query begins with batch 0")
		return nil
	}
	var err error
	if i.offsets, err = i.logs.Offsets.Get(ctx, i.planned); err != nil {
		return err
	}
	found := fmt.Sprintf("planned %d at %s, committed %s, watermark %s", i.planned, instant(i.offsets.TimestampMs), i.lastCommit(), watermark(i.offsets.WatermarkMs))
	switch {
	case i.committed > i.planned:
		i.report.refuse("batches", found, fmt.Sprintf("offsets/%d, which says what the batch read, is gone: restore it", i.committed))
		return nil
	case i.committed == i.planned:
		i.report.fine("batches", found, "every planned batch is in the sink")
		return nil
	}
	return i.unfinished(ctx, found)
}

// commit reads the newest commit. Its version 2 may name state files of RocksDB, which the settings have told by then.
func (i *inspection) commit(ctx context.Context) error {
	if i.committed < 0 || i.report.Refused() {
		return nil
	}
	_, err := i.logs.Commits.Get(ctx, i.committed)
	return err
}

func (i *inspection) unfinished(ctx context.Context, found string) error {
	if i.planned > 0 {
		_, err := i.logs.Offsets.Get(ctx, i.planned-1)
		if errors.Is(err, fs.ErrNotExist) {
			i.report.refuse("batches", found, fmt.Sprintf("batch %d was cut short, and offsets/%d, where it starts, is gone: restore it", i.planned, i.planned-1))
			return nil
		}
		if err != nil {
			return err
		}
	}
	i.report.fine("batches", found, fmt.Sprintf("batch %d was cut short: it is run again over the same input", i.planned))
	return nil
}

func (i *inspection) lastCommit() string {
	if i.committed < 0 {
		return "none"
	}
	return strconv.FormatInt(i.committed, 10)
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

func watermark(ms int64) string {
	if ms == 0 {
		return "none yet"
	}
	return instant(ms)
}

// written guesses the release that wrote the settings: each brought a new one.
func (i *inspection) written() string {
	has := func(key string) bool {
		return slices.ContainsFunc(i.offsets.Conf, func(s checkpoint.Setting) bool { return s.Key == key })
	}
	switch {
	case has(checkpoint.RocksDBMergeVersion):
		return "as Spark 4.2 writes them"
	case has(checkpoint.StateRowChecksum):
		return "as Spark 4.1 writes them"
	case has(checkpoint.StateEncodingFormat):
		return "as Spark 4.0 and this engine write them"
	case has(checkpoint.UseStrictDistribution):
		return "as Spark 3.3 to 3.5 write them"
	}
	return "as Spark before 3.3 writes them"
}

// settings are those that the query's state depends on; a query without state may have any.
func (i *inspection) settings(ctx context.Context) (err error) {
	if i.planned < 0 {
		return nil
	}
	if i.operators, err = i.stateFolder().Operators(ctx, i.planned); err != nil {
		return err
	}
	if policy, _ := i.offsets.Conf.Get(checkpoint.MultipleWatermarkPolicy); policy != "min" && policy != "max" {
		i.report.refuse("settings", checkpoint.MultipleWatermarkPolicy+" = "+policy, "there are the policies min and max")
	}
	if named, _ := i.offsets.Conf.Get(checkpoint.SourceEvolution); named == "true" {
		i.report.refuse("settings", checkpoint.SourceEvolution+" = true", "Spark knows the sources by names; this engine knows them by their place in the query")
	}
	found := fmt.Sprintf("%d settings, %s", len(i.offsets.Conf), i.written())
	if len(i.operators) == 0 {
		i.report.fine("settings", found, "they stay; there is no state that depends on them")
		return nil
	}
	if partitions, said := i.offsets.Conf.Get(checkpoint.ShufflePartitions); said {
		found += ", " + partitions + " state partitions"
	}
	i.report.fine("settings", found, "they stay, and win over the session's")
	for _, known := range knownSettings {
		if have, _ := i.offsets.Conf.Get(known.key); !slices.Contains(known.values, have) && known.concerns(i.operators) {
			i.report.refuse("settings", known.key+" = "+have, known.why)
		}
	}
	return nil
}

// knownSettings are the values under which this engine reads and writes state.
var knownSettings = []knownSetting{
	{checkpoint.StateProviderClass, []string{checkpoint.HDFSProvider}, "", "only state of the HDFS-backed provider is read; a query on RocksDB has to start with a new checkpoint here"},
	{checkpoint.StateEncodingFormat, []string{"unsaferow"}, "", "only state in Spark's rows (unsaferow) is read"},
	{checkpoint.StateCompressionCodec, state.Codecs, "", "only state compressed by LZ4, zstd or snappy is read"},
	{checkpoint.StateRowChecksum, []string{"false"}, "", "state with a checksum in each row is not read"},
	{checkpoint.UseStrictDistribution, []string{"true"}, "", "the state was shared out over its partitions by Spark before 3.3, by rules that depended on the query"},
	{checkpoint.AggregationStateVersion, []string{"2"}, "stateStoreSave", "only format 2 is read"},
	{checkpoint.JoinStateVersion, []string{"1", "2"}, "symmetricHashJoin", "formats 3 and 4 keep their state in column families, which RocksDB alone has"},
}

type knownSetting struct {
	key      string
	values   []string
	operator string // empty: any
	why      string
}

func (k knownSetting) concerns(operators []state.OperatorInfo) bool {
	return k.operator == "" || slices.ContainsFunc(operators, func(op state.OperatorInfo) bool { return op.Name == k.operator })
}

func (i *inspection) stateFolder() state.Folder { return state.Folder{Store: i.Store, Dir: "state"} }

// next says what the query will do.
func (i *inspection) next() {
	switch {
	case i.report.Refused():
		i.report.Next = "nothing: this engine refuses to go on with the query"
	case i.planned < 0:
		i.report.Next = "batch 0, from the beginning of each source"
	case i.committed < i.planned:
		i.report.Next = fmt.Sprintf("batch %d again, over the same input; a Delta sink that holds it already passes it over", i.planned)
	default:
		i.report.Next = fmt.Sprintf("batch %d, of what has come since", i.planned+1)
	}
}
