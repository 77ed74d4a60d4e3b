package delta

import (
	"encoding/json"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/stream"
)

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
		return at, errclass.DeltaSourceOtherTable.New("The streaming query was reading from an unexpected Delta table (id = '%s'). It used to read from another Delta table (id = '%s') according to checkpoint.", id, at.ReservoirID).
			WithHint("This may happen when you changed the code to read from a new table or you deleted and re-created a table. Please revert your change or delete your streaming query checkpoint to restart from scratch.")
	}
	return at, nil
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
