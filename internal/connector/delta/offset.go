package delta

import (
	"encoding/json"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/stream"
)

// The versions of an offset's JSON. Version 2 is kept free by Delta: here it is an initial snapshot that is read in event-time order.
// Version 3 tells where a change of the columns stands.
const (
	plainOffset    = 1
	orderedOffset  = 2
	metadataOffset = 3
	newestOffset   = metadataOffset
)

// The places within a version. A change of the table's columns, properties or protocol comes before its files.
const (
	baseIndex           = -100 // before all of the version; in the text it is -1
	metadataChangeIndex = -20  // at the change
	afterMetadataIndex  = -19  // behind it
	baseIndexText       = -1
)

// offset is a position in a table's history: everything before file Index of version Version has been read, Index
// included. Its JSON is Delta's.
type offset struct {
	ReservoirID       string
	ReservoirVersion  int64
	Index             int64
	IsStartingVersion bool
	Ordered           bool  // of the initial snapshot, all rows before EventTimeMillis have been read
	EventTimeMillis   int64 // if Ordered
}

// offsetText is an offset as the checkpoint has it.
type offsetText struct {
	SourceVersion     int64  `json:"sourceVersion"`
	ReservoirID       string `json:"reservoirId"`
	ReservoirVersion  int64  `json:"reservoirVersion"`
	Index             int64  `json:"index"`
	IsStartingVersion bool   `json:"isStartingVersion"`
	EventTimeMillis   *int64 `json:"eventTimeMillis,omitempty"`
}

func (o offset) json() stream.Offset {
	text := offsetText{plainOffset, o.ReservoirID, o.ReservoirVersion, o.Index, o.IsStartingVersion, nil}
	switch {
	case o.Ordered:
		text.SourceVersion, text.EventTimeMillis = orderedOffset, &o.EventTimeMillis
	case o.atMetadataChange():
		text.SourceVersion = metadataOffset
	}
	if o.Index == baseIndex {
		text.Index = baseIndexText
	}
	data, err := json.Marshal(text)
	if err != nil {
		return nil // not reachable: strings and numbers only
	}
	return data
}

// atMetadataChange reports whether the offset stands at a change of the columns, or right behind it.
func (o offset) atMetadataChange() bool {
	return o.Index == metadataChangeIndex || o.Index == afterMetadataIndex
}

var offsetTexts = exactjson.For[offsetText]()

// offset is what the text says.
func (t offsetText) offset() offset {
	o := offset{
		ReservoirID: t.ReservoirID, ReservoirVersion: t.ReservoirVersion, Index: t.Index, IsStartingVersion: t.IsStartingVersion,
	}
	if t.SourceVersion == orderedOffset && t.EventTimeMillis != nil {
		o.Ordered, o.EventTimeMillis = true, *t.EventTimeMillis
	}
	if o.Index < 0 && !o.atMetadataChange() || o.Ordered {
		o.Index = baseIndex
	}
	return o
}

// parseOffset reads an offset of the checkpoint, which is of the table with that id.
func parseOffset(text stream.Offset, id string) (offset, error) {
	var told offsetText
	if err := offsetTexts.Unmarshal(text, &told); err != nil || told.ReservoirID == "" || told.ReservoirVersion < 0 {
		return offset{}, errclass.MalformedLogFile.New("the checkpoint's offset %.200s is none of a Delta table.", text).
			WithHint("Was this checkpoint made by another query? Give each query a checkpoint folder of its own.")
	}
	if told.ReservoirID != id {
		return offset{}, otherTable(id, told.ReservoirID)
	}
	switch {
	case told.SourceVersion < plainOffset || told.SourceVersion == orderedOffset && (told.EventTimeMillis == nil || !told.IsStartingVersion):
		return offset{}, errclass.DeltaInvalidOffset.New("The stored source offset format is invalid: sourceVersion(%d) is no version of it.", told.SourceVersion)
	case told.SourceVersion > newestOffset:
		return offset{}, errclass.DeltaInvalidOffsetVersion.New("Unsupported format. Expected version should be smaller than or equal to %d but was %d.", newestOffset, told.SourceVersion).
			WithHint("Please upgrade to a newer version, or go on with the query in Delta.")
	}
	return told.offset(), nil
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
	case from.Ordered && to.Ordered && from.EventTimeMillis > to.EventTimeMillis:
		moved = "'eventTimeMillis' moved back"
	default:
		return nil
	}
	return errclass.MalformedLogFile.New("Found invalid offsets: %s. Previous: %s, Current: %s.", moved, from.json(), to.json()).
		WithHint("A checkpoint's files are not to be edited: restore the file, or start the query with a new checkpoint.")
}

// behind is the offset after the last file of a version.
func (o offset) behind(version int64) offset {
	return offset{ReservoirID: o.ReservoirID, ReservoirVersion: version + 1, Index: baseIndex}
}

// passed reports whether the offset lies behind the place where a version tells a change of the columns.
func (o offset) passed(version int64) bool {
	return o.ReservoirVersion > version || o.ReservoirVersion == version && o.Index >= metadataChangeIndex
}

// firstFile is the first file of the offset's version that is not read yet.
func (o offset) firstFile() int64 { return max(0, o.Index+1) }

// after reports whether a lies behind b.
func after(a, b offset) bool {
	if a.ReservoirVersion != b.ReservoirVersion {
		return a.ReservoirVersion > b.ReservoirVersion
	}
	return a.Index > b.Index
}
