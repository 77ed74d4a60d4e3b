package deltalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lakehouse/volumes"
)

// logDir is the folder of the log in the table's folder.
const logDir = "_delta_log"

const lastCheckpointName = logDir + "/_last_checkpoint"

func commitName(version int64) string   { return fmt.Sprintf(logDir+"/%020d.json", version) }
func checksumName(version int64) string { return fmt.Sprintf(logDir+"/%020d.crc", version) }
func checkpointName(version int64) string {
	return fmt.Sprintf(logDir+"/%020d.checkpoint.parquet", version)
}

// sidecarDir is the folder of the files that V2 checkpoints share.
const sidecarDir = logDir + "/_sidecars"

// beforeVersion is a name that sorts before every file of the version and after all of the one before.
func beforeVersion(version int64) string { return fmt.Sprintf(logDir+"/%020d", version) }

// A fileKind says what a file of the log is.
type fileKind uint8

const (
	otherFile fileKind = iota // nothing that this package reads
	commitFile
	checksumFile
	checkpointFile   // classic: one Parquet file
	checkpointPart   // one of many
	checkpointByUUID // of the v2Checkpoint feature
	compactedFile    // what several commits come to
)

// A logFile is a file of the log whose name has been understood.
type logFile struct {
	kind        fileKind
	version     int64
	part, parts int64 // of a checkpointPart, from 1
	through     int64 // of a compactedFile: the last version that it holds; version is the first
	name        string
	size        int64
	modTime     time.Time
	etag        string
}

// maxParts bounds what a name may claim about a checkpoint.
const maxParts = 100_000

func parseLogFile(info volumes.Info) logFile {
	f := logFile{name: info.Name, size: info.Size, modTime: info.ModTime, etag: info.ETag}
	base := strings.TrimPrefix(info.Name, logDir+"/")
	number, rest, _ := strings.Cut(base, ".")
	version, ok := parseDigits(number, 20)
	if !ok {
		return f
	}
	f.version = version
	switch rest {
	case "json":
		f.kind = commitFile
	case "crc":
		f.kind = checksumFile
	case "checkpoint.parquet":
		f.kind = checkpointFile
	default:
		f.parseCheckpoint(rest)
		f.parseCompaction(rest)
	}
	return f
}

// parseCompaction reads "<last version>.compacted.json".
func (f *logFile) parseCompaction(rest string) {
	number, compacted := strings.CutSuffix(rest, ".compacted.json")
	if last, ok := parseDigits(number, 20); compacted && ok && last > f.version {
		f.kind, f.through = compactedFile, last
	}
}

// parseCheckpoint reads "checkpoint.<part>.<parts>.parquet" and "checkpoint.<uuid>.<json|parquet>".
func (f *logFile) parseCheckpoint(rest string) {
	words := strings.Split(rest, ".")
	if words[0] != "checkpoint" {
		return
	}
	switch {
	case len(words) == 4 && words[3] == "parquet":
		part, ok := parseDigits(words[1], 10)
		parts, ok2 := parseDigits(words[2], 10)
		if ok && ok2 && part >= 1 && part <= parts && parts <= maxParts {
			f.kind, f.part, f.parts = checkpointPart, part, parts
		}
	case len(words) == 3 && (words[2] == "parquet" || words[2] == "json"):
		f.kind = checkpointByUUID
	}
}

// parseDigits reads a number of exactly that many digits.
func parseDigits(text string, digits int) (int64, bool) {
	if len(text) != digits || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
