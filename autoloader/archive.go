package autoloader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// archivePlace finds the archive, and refuses one whose files the source could take for new.
func archivePlace(config Config, source volumes.Location) (volumes.Location, error) {
	archive, err := config.Space.Resolve(config.SourceArchiveDir)
	if err != nil {
		return volumes.Location{}, err
	}
	if archive.Store != source.Store {
		return volumes.Location{}, errclass.InvalidOptionValue.New(
			"Base archive path is located on a different file system than the source files. source path: %s / base archive path: %s",
			config.Path, config.SourceArchiveDir)
	}
	if mayMatch(archive.Key, source.Key) {
		return volumes.Location{}, errclass.InvalidOptionValue.New(
			"Base archive path cannot be set to the path where archived path can possibly match with source pattern. "+
				"Ensure the base archive path doesn't match with source pattern in depth, where the depth is minimum of depth on both paths.").
			WithHint("Use a folder beside the source: it is %s, and the archive %s.", config.Path, config.SourceArchiveDir)
	}
	return archive, nil
}

// mayMatch compares an archive with a source pattern as deep as both reach.
func mayMatch(archive, pattern string) bool {
	if archive == "." || pattern == "." {
		return true
	}
	names, globs := strings.Split(archive, "/"), strings.Split(pattern, "/")
	for i := range min(len(names), len(globs)) {
		if !files.MatchGlob(globs[i], names[i]) {
			return false
		}
	}
	return true
}

// wholePath is the path of a URI, from its root, decoded.
func wholePath(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	if authority, ok := strings.CutPrefix(rest, "//"); ok {
		_, rest, _ = strings.Cut(authority, "/")
	}
	path, err := volumes.DecodePath(strings.TrimPrefix(rest, "/"))
	if err != nil { // not one of ours
		path = rest
	}
	return "/" + path
}

// moveWithoutLoss moves a file. Where the target exists with the same bytes, the file is dropped: it has
// been moved already. With other bytes, it goes beside it under a name of its own.
func moveWithoutLoss(ctx context.Context, store volumes.Store, from, to string, modified int64) error {
	err := store.Move(ctx, from, to)
	for try := 0; errors.Is(err, fs.ErrExist) && try < maxArchiveNames; try++ {
		target := beside(to, modified, try)
		same, compareErr := sameBytes(ctx, store, from, target)
		if compareErr != nil {
			return compareErr
		}
		if same {
			return store.Delete(ctx, from)
		}
		err = store.Move(ctx, from, beside(to, modified, try+1))
	}
	return err
}

const maxArchiveNames = 1000

// beside names the versions of a file in the archive: the first under its own name, then by the time of
// the version, then counted.
func beside(name string, modified int64, try int) string {
	switch try {
	case 0:
		return name
	case 1:
		return name + "." + strconv.FormatInt(modified, 10)
	}
	return name + "." + strconv.FormatInt(modified, 10) + "-" + strconv.Itoa(try)
}

// sameBytes compares two files. One that is not there differs.
func sameBytes(ctx context.Context, store volumes.Store, a, b string) (bool, error) {
	left, err := store.Open(ctx, a)
	if err != nil {
		return false, fmt.Errorf("compare with the archived file: %w", err)
	}
	defer func() { _ = left.Close() }() // it was only read
	right, err := store.Open(ctx, b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("compare with the archived file: %w", err)
	}
	defer func() { _ = right.Close() }() // it was only read
	size := left.Info().Size
	if right.Info().Size != size {
		return false, nil
	}
	return sameContent(io.NewSectionReader(left, 0, size), io.NewSectionReader(right, 0, size))
}

func sameContent(a, b io.Reader) (bool, error) {
	const chunk = 64 << 10
	left, right := make([]byte, chunk), make([]byte, chunk)
	for {
		n, err := io.ReadFull(a, left)
		m, otherErr := io.ReadFull(b, right)
		if !bytes.Equal(left[:n], right[:m]) {
			return false, nil
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return true, nil
		case err != nil:
			return false, err
		case otherErr != nil:
			return false, otherErr
		}
	}
}
