package deltalog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// What a log may ask of a reader's memory.
const (
	maxCommitBytes = 1 << 30
	maxLineBytes   = 64 << 20
	maxSmallBytes  = 64 << 20 // checksums and _last_checkpoint
)

// readCommit reads the actions of one version.
func readCommit(ctx context.Context, store volumes.Store, version int64) (*Actions, error) {
	actions, _, err := readCommitFile(ctx, store, version)
	return actions, err
}

// readCommitFile is readCommit, and what the storage says of the file.
func readCommitFile(ctx context.Context, store volumes.Store, version int64) (*Actions, logFile, error) {
	actions := new(Actions)
	info, err := readCommitLines(ctx, store, version, actions.decodeLine)
	if err != nil {
		return nil, info, err
	}
	return actions, info, nil
}

// A lineDecoder takes a line of the log; the scanner is for it alone.
type lineDecoder func(s *lineScanner, line []byte) error

// readCommitLines reads the lines of one version.
func readCommitLines(ctx context.Context, store volumes.Store, version int64, take lineDecoder) (logFile, error) {
	name := commitName(version)
	file, err := store.Open(ctx, name)
	if err != nil {
		return logFile{}, err
	}
	defer file.Close()
	info := parseLogFile(file.Info())
	if info.size > maxCommitBytes {
		return info, errclass.DeltaLogCorrupt.New("%s has %d bytes; at most %d are read.", name, info.size, int64(maxCommitBytes))
	}
	err = decodeLines(io.NewSectionReader(file, 0, info.size), info.size, take)
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return info, fmt.Errorf("version %d: read %s: %w", version, name, err) // the file may be whole
	}
	if err != nil {
		return info, errclass.DeltaLogCorrupt.New("version %d: read %s: %w.", version, name, err).
			WithHint("Restore the file, or read a version before it.")
	}
	return info, nil
}

// readCompactionLines reads the lines of what several commits come to: the file of a compaction, or a checkpoint written as JSON.
func readCompactionLines(ctx context.Context, store volumes.Store, f logFile, take lineDecoder) error {
	file, err := store.Open(ctx, f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	size := file.Info().Size
	if size == 0 || size > maxCommitBytes {
		return errclass.DeltaLogCorrupt.New("%s has %d bytes; at least one and at most %d are read.", f.name, size, int64(maxCommitBytes))
	}
	return decodeLines(io.NewSectionReader(file, 0, size), size, take)
}

// decodeCommit reads the lines of a commit of about that size. An empty commit has no actions.
func decodeCommit(in io.Reader, size int64) (*Actions, error) {
	actions := new(Actions)
	if err := decodeLines(in, size, actions.decodeLine); err != nil {
		return nil, err
	}
	return actions, nil
}

func decodeLines(in io.Reader, size int64, take lineDecoder) error {
	var scanner lineScanner
	lines := lineReader{in: bufio.NewReaderSize(in, int(min(size+1, 64<<10)))}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if lines.start == 0 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte-order mark is no part of the text: Hadoop's reader takes it off, too
		}
		if err == nil {
			err = takeWhole(&scanner, &lines, line, take)
		}
		if err != nil {
			return fmt.Errorf("line at byte %d: %w", lines.start, err)
		}
	}
}

// takeWhole gives a line to its decoder; where that alone is no value, with what follows, or without the text behind its value.
func takeWhole(scanner *lineScanner, lines *lineReader, line []byte, take lineDecoder) error {
	err := take(scanner, line)
	var value []byte
	switch {
	case err == nil:
		return nil
	case isCutShort(err):
		value = lines.joined(line)
	default:
		value = withoutTrailer(line)
	}
	if value == nil {
		return err
	}
	return take(scanner, value)
}

// A lineReader gives lines of bounded length.
type lineReader struct {
	in    *bufio.Reader
	long  bytes.Buffer // a line that does not fit in's buffer
	start int64        // where the line began
	read  int64
}

// next is the next line, valid until the one after it; io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	l.start = l.read
	l.long.Reset()
	for {
		chunk, err := l.in.ReadSlice('\n')
		l.read += int64(len(chunk))
		if err == nil && l.long.Len() == 0 {
			return chunk, nil
		}
		l.long.Write(chunk)
		switch {
		case l.long.Len() > maxLineBytes:
			return nil, fmt.Errorf("more than %d bytes in one line", maxLineBytes)
		case err == nil, errors.Is(err, io.EOF) && l.long.Len() > 0:
			return l.long.Bytes(), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
