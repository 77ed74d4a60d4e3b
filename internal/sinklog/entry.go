package sinklog

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/exactjson"
)

// An Entry is a data file that a batch has written. The fields are those of Spark's SinkFileStatus, in its order.
type Entry struct {
	Path             string `json:"path"` // a URI: file:///mnt/…
	Size             int64  `json:"size"`
	IsDir            bool   `json:"isDir"`
	ModificationTime int64  `json:"modificationTime"` // milliseconds
	BlockReplication int    `json:"blockReplication"`
	BlockSize        int64  `json:"blockSize"`
	Action           string `json:"action"` // "add"
}

// localBlock is what Hadoop's local file system gives as the size of its blocks.
const localBlock = 32 << 20

// Added is the entry of a file on a disk.
func Added(uri string, size, modified int64) Entry {
	return Entry{Path: uri, Size: size, ModificationTime: modified, BlockReplication: 1, BlockSize: localBlock, Action: "add"}
}

const version = "v1"

// encode writes Spark's bytes: no newline at the end.
func encode(entries []Entry) []byte {
	out := []byte(version)
	for _, e := range entries {
		out = append(out, '\n')
		out = appendEntry(out, e)
	}
	return out
}

func appendEntry(out []byte, e Entry) []byte {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false) // a path may hold an "&"
	if err := enc.Encode(e); err != nil {
		return out // not reachable: texts and numbers only
	}
	return append(out, bytes.TrimSuffix(line.Bytes(), []byte("\n"))...)
}

var (
	entryLines = exactjson.For[Entry]()
	errNoEntry = errors.New("no entry of a sink's log")
)

// decode reads what encode and Spark write. The name is for errors.
func decode(name string, data []byte) ([]Entry, error) {
	return checkpoint.Entries(name, data, decodeEntry, "Restore the file: without it nobody knows which files of the folder count.")
}

func decodeEntry(line []byte) (e Entry, err error) {
	if !utf8.Valid(line) {
		return e, errNoEntry
	}
	if err := entryLines.Unmarshal(line, &e); err != nil {
		return e, err
	}
	if e.Path == "" || e.Size < 0 || (e.Action != "add" && e.Action != "delete") {
		return e, errNoEntry
	}
	return e, nil
}
