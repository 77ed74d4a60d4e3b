package checkpoint

import (
	"bytes"
	"fmt"
	"strconv"

	"lakehouse/internal/errclass"
)

// Version is the version of the log files that a new query writes. A query that Spark began in another goes on in that.
const Version = 1

// sinksVersion is the highest version of commits/N that is read. The second may hold the ids of RocksDB's state files, and is read
// where it holds none; the third knows the query's sinks, too.
const sinksVersion = 3

func versionLine(version int) []byte { return fmt.Appendf(nil, "v%d\n", version) }

// Lines takes a log file apart, after its version line. The path is for the error. File sources use
// it for their own log.
func Lines(path string, data []byte) ([][]byte, error) {
	_, lines, err := linesUpTo(path, data, Version)
	return lines, err
}

func linesUpTo(path string, data []byte, highest int) (version int, lines [][]byte, err error) {
	first, rest, more := bytes.Cut(data, []byte("\n"))
	if version, err = checkVersion(path, string(bytes.TrimSpace(first)), highest); err != nil {
		return 0, nil, err
	}
	if !more || len(rest) == 0 {
		return version, nil, nil
	}
	lines = bytes.Split(bytes.TrimSuffix(rest, []byte("\n")), []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimSuffix(lines[i], []byte("\r"))
	}
	return version, lines, nil
}

func checkVersion(path, text string, highest int) (version int, err error) {
	if len(text) > 1 && text[0] == 'v' {
		version, _ = strconv.Atoi(text[1:]) // 0 is as wrong as no number
	}
	switch {
	case version <= 0:
		return 0, malformed(path, "failed to read correct log version from "+shortened(text))
	case version > highest:
		return 0, errclass.InvalidLogVersion.New("Failed to read log file %s. UnsupportedLogVersion. "+
			"The maximum supported log version is v%d, but encountered v%d.", path, highest, version).
			WithHint("The log file was produced by a newer version of Spark and cannot be read by this version. You need to upgrade.")
	}
	return version, nil
}

// malformed is the error of a log file that says nothing sensible.
func malformed(path, why string) error {
	return errclass.MalformedLogFile.New("Failed to read log file %s. Log file was malformed: %s.", path, why).
		WithHint("A checkpoint's files are not to be edited: restore the file, or start the query with a new checkpoint.")
}

// shortened keeps a line of a broken file from filling the screen.
func shortened(text string) string {
	const most = 100
	if len(text) <= most {
		return text
	}
	return strconv.Quote(text[:most]) + "…"
}

// Entries decodes a log of one entry a line, below its version. The name is for errors, whose way out is the hint.
func Entries[E any](name string, data []byte, decode func(line []byte) (E, error), hint string) ([]E, error) {
	lines, err := Lines(name, data)
	if err != nil {
		return nil, err
	}
	entries := make([]E, 0, len(lines))
	for i, line := range lines {
		if len(line) == 0 {
			continue
		}
		e, err := decode(line)
		if err != nil {
			return nil, errclass.MalformedLogFile.New("Failed to read log file %s. Log file was malformed: line %d names no file.", name, i+2).
				WithHint("%s", hint)
		}
		entries = append(entries, e)
	}
	return entries, nil
}
