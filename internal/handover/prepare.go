package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"lakehouse/autoloader"
	"lakehouse/internal/checkpoint"
)

// PrepareOptions says what Spark will be told. The zero value fits Spark's own defaults.
type PrepareOptions struct {
	CompactInterval int64 // spark.sql.streaming.fileSource.log.compactInterval; 0: 10
}

const sparksCompactInterval = 10

// Prepare makes a checkpoint ready for Spark, and tells what it found and did. The query must not be running: one of this
// engine is refused. It may be called again, also after a crash.
func Prepare(ctx context.Context, c Checkpoint, opts PrepareOptions) (*Report, error) {
	if opts.CompactInterval <= 0 {
		opts.CompactInterval = sparksCompactInterval
	}
	i := &inspection{Checkpoint: c, report: &Report{Path: c.Path}}
	compact := func(ctx context.Context) error { return i.compactSources(ctx, opts.CompactInterval) }
	for _, step := range []func(context.Context) error{i.query, i.lock, i.batches, i.settings, i.commit, i.stateForSpark, compact, i.dropStaleChecksums, i.nextInSpark} {
		if err := step(ctx); err != nil {
			if !asRefusal(i.report, err) {
				return nil, err
			}
		}
		if i.report.Refused() {
			i.report.Next = "nothing: the checkpoint was left as it is"
			break
		}
	}
	return i.report, nil
}

// stateForSpark looks whether Spark knows the operators and finds the newest version of their state.
func (i *inspection) stateForSpark(ctx context.Context) (err error) {
	if i.planned < 0 {
		return nil
	}
	if i.operators, err = i.stateFolder().Operators(ctx, i.planned); err != nil {
		return err
	}
	for _, op := range i.operators {
		if join, _ := i.offsets.Conf.Get(checkpoint.JoinStateVersion); op.Name == "symmetricHashJoin" && join == "1" {
			i.report.fine(fmt.Sprintf("state %d", op.ID), "the first format of joins", "Spark 3 goes on with it; Spark 4 knows no schema for it (Unsupported schema writer version)")
		}
		if strings.HasPrefix(op.Name, "transformWithState") {
			i.report.refuse(fmt.Sprintf("state %d", op.ID), op.Name, "Spark keeps the state of its transformWithState in RocksDB alone, and knows no processor of this engine")
		}
	}
	return i.state(ctx)
}

// compactSources writes the compactions of file sources' logs.
func (i *inspection) compactSources(ctx context.Context, interval int64) error {
	for n, end := range i.offsets.Sources {
		part := "source " + strconv.Itoa(n)
		files, err := i.hasLog(ctx, n)
		if err != nil {
			return err
		}
		if !files || !isFileOffset(end) {
			i.report.fine(part, string(end), "Spark goes on at this offset")
			continue
		}
		done, err := autoloader.Compact(ctx, i.Store, n, interval)
		if err != nil {
			return err
		}
		if len(done.Written) == 0 {
			i.report.fine(part, "files; no compaction of the log is due", "nothing to do")
			continue
		}
		i.report.fine(part, fmt.Sprintf("files; a compaction is due behind each %d batches", done.Interval), fmt.Sprintf("wrote %s.compact", joined(done.Written)))
	}
	return nil
}

func isFileOffset(end json.RawMessage) bool {
	var offset struct {
		LogOffset *int64 `json:"logOffset"`
	}
	var number int64 // as Spark before 2.1 wrote it
	return json.Unmarshal(end, &offset) == nil && offset.LogOffset != nil || json.Unmarshal(end, &number) == nil
}

func joined(batches []int64) string {
	texts := make([]string, len(batches))
	for i, b := range batches {
		texts[i] = strconv.FormatInt(b, 10)
	}
	return strings.Join(texts, ".compact, ")
}

// dropStaleChecksums removes checksum files of a content that is no longer there. A file that does not read as what it should
// be is damaged, and its checksum stays for Spark to tell so.
func (i *inspection) dropStaleChecksums(ctx context.Context) error {
	kept, dropped, bad := 0, 0, ""
	err := i.eachChecksum(ctx, func(sum checksum) error {
		if sum.agrees {
			kept++
			return nil
		}
		if !sum.orphan && !i.whole(ctx, sum.of) {
			bad = sum.of
			return nil
		}
		if err := i.Store.Delete(ctx, sum.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a stale checksum: %w", err)
		}
		dropped++
		return nil
	})
	if err != nil {
		return err
	}
	if bad != "" {
		i.report.refuse("checksums", bad+" is neither what its checksum says nor whole", "it is damaged: restore it")
		return nil
	}
	if kept+dropped > 0 {
		i.report.fine("checksums", fmt.Sprintf("%d agree, %d spoke of another content", kept, dropped), "removed those that did not agree")
	}
	return nil
}

// whole reports whether a file of the checkpoint reads as what it is.
func (i *inspection) whole(ctx context.Context, name string) bool {
	dir, base := path.Split(name)
	batch, err := strconv.ParseInt(base, 10, 64)
	switch {
	case dir == "offsets/" && err == nil:
		_, err = i.logs.Offsets.Get(ctx, batch)
	case dir == "commits/" && err == nil:
		_, err = i.logs.Commits.Get(ctx, batch)
	case strings.HasPrefix(dir, "state/") && (strings.HasSuffix(base, ".delta") || strings.HasSuffix(base, ".snapshot")):
		err = i.stateFolder().Check(ctx, name)
	default:
		err = nil // metadata and source logs were read before
	}
	return err == nil
}

func (i *inspection) nextInSpark(context.Context) error {
	if i.planned < 0 {
		i.report.Next = "Spark begins with batch 0"
		return nil
	}
	conf := i.offsets.Conf
	how := ""
	if provider, _ := conf.Get(checkpoint.StateProviderClass); provider == checkpoint.HDFSProvider && len(i.operators) > 0 {
		how = "; it keeps the state where it is, in the HDFS-backed provider, whatever its session says"
	}
	if i.committed < i.planned {
		i.report.Next = fmt.Sprintf("Spark runs batch %d again, over the same input%s", i.planned, how)
	} else {
		i.report.Next = fmt.Sprintf("Spark goes on with batch %d%s", i.planned+1, how)
	}
	return nil
}
