package deltalog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// A checkpointMetadata is the action that marks a V2 checkpoint.
type checkpointMetadata struct {
	Version int64             `json:"version"`
	Tags    map[string]string `json:"tags,omitempty"`
}

// A sidecar names a file with add and remove actions that belong to a V2 checkpoint. Several checkpoints may share it.
type sidecar struct {
	Path             string            `json:"path"`
	SizeInBytes      int64             `json:"sizeInBytes"`
	ModificationTime int64             `json:"modificationTime"`
	Tags             map[string]string `json:"tags,omitempty"`
}

// name is the file's name in the store. It lies in the log's own folder of sidecars, whatever the path says before that.
func (s *sidecar) name() (string, error) {
	path, err := decodePath(s.Path)
	if err != nil {
		return "", fmt.Errorf("sidecar.path: %w", err)
	}
	if _, file, found := strings.Cut(path, sidecarDir+"/"); found {
		path = file
	}
	if err := checkPath(path); err != nil || strings.Contains(path, "/") {
		return "", errors.Join(fmt.Errorf("sidecar.path %.200q is no file of %s", s.Path, sidecarDir), err)
	}
	return sidecarDir + "/" + path, nil
}

// The column of sidecars in a checkpoint.
const sidecarColumn = "sidecar"

func sidecarFields() []Field {
	return []Field{column("path", String), column("sizeInBytes", Long), column("modificationTime", Long), column("tags", textMap)}
}

func (a *Actions) readSidecars(column arrow.Array) error {
	g, err := newGroup(column)
	if err != nil {
		return err
	}
	for row := range g.Len() {
		if g.IsValid(row) && g.text(0, row) != "" {
			a.sidecars = append(a.sidecars, sidecar{Path: g.text(0, row), SizeInBytes: g.int64(1, row), ModificationTime: g.int64(2, row), Tags: plain(g.textMap(3, row))})
		}
	}
	return nil
}
