package delta

import (
	"encoding/json"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/stream"
)

// newestOffset is the highest sourceVersion that is read. Version 3 tells where a change of the columns stands.
const newestOffset = 3

// baseIndex stands before the first file of a version.
const baseIndex = -1

// offset is a position in a table's history: everything before file Index of version Version has been read, Index
// included. Its JSON is Delta's.
type offset struct {
	SourceVersion     int64  `json:"sourceVersion"`
	ReservoirID       string `json:"reservoirId"`
	ReservoirVersion  int64  `json:"reservoirVersion"`
	Index             int64  `json:"index"`
	IsStartingVersion bool   `json:"isStartingVersion"`
}

func (o offset) json() stream.Offset {
	data, err := json.Marshal(o)
	if err != nil {
		return nil // not reachable: strings and numbers only
	}
	return data
}

var offsetTexts = exactjson.For[offset]()

// parseOffset reads an offset of the checkpoint, which is of the table with that id.
func parseOffset(text stream.Offset, id string) (offset, error) {
	var at offset
	if err := offsetTexts.Unmarshal(text, &at); err != nil || at.ReservoirID == "" || at.ReservoirVersion < 0 {
		return at, errclass.MalformedLogFile.New("the checkpoint's offset %.200s is none of a Delta table.", text).
			WithHint("Was this checkpoint made by another query? Give each query a checkpoint folder of its own.")
	}
	if at.ReservoirID != id {
		return at, otherTable(id, at.ReservoirID)
	}
	switch {
	case at.SourceVersion < 1 || at.SourceVersion == 2:
		return at, errclass.DeltaInvalidOffset.New("The stored source offset format is invalid: sourceVersion(%d) is no version of it.", at.SourceVersion)
	case at.SourceVersion > newestOffset:
		return at, errclass.DeltaInvalidOffsetVersion.New("Unsupported format. Expected version should be smaller than or equal to %d but was %d.", newestOffset, at.SourceVersion).
			WithHint("Please upgrade to a newer version, or go on with the query in Delta.")
	case at.Index < baseIndex: // before the files of the version: version 3 tells a change of the columns there, or behind it
		at.Index = baseIndex
	}
	at.SourceVersion = 1
	return at, nil
}

// checkForward refuses two offsets of which the second lies before the first: rows would be read twice.
func checkForward(from, to offset) error {
	var moved string
	switch {
	case !from.IsStartingVersion && to.IsStartingVersion:
		moved = "'isInitialSnapshot' flipped incorrectly"
	case from.ReservoirVersion > to.ReservoirVersion:
		moved = "'reservoirVersion' moved back"
	case from.ReservoirVersion == to.ReservoirVersion && from.Index > to.Index && from.IsStartingVersion == to.IsStartingVersion:
		moved = "'index' moved back"
	default:
		return nil
	}
	return errclass.MalformedLogFile.New("Found invalid offsets: %s. Previous: %s, Current: %s.", moved, from.json(), to.json()).
		WithHint("A checkpoint's files are not to be edited: restore the file, or start the query with a new checkpoint.")
}

// behind is the offset after the last file of a version.
func (o offset) behind(version int64) offset {
	return offset{SourceVersion: 1, ReservoirID: o.ReservoirID, ReservoirVersion: version + 1, Index: baseIndex}
}

// after reports whether a lies behind b.
func after(a, b offset) bool {
	if a.ReservoirVersion != b.ReservoirVersion {
		return a.ReservoirVersion > b.ReservoirVersion
	}
	return a.Index > b.Index
}
