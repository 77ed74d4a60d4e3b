package autoloader

import (
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/stream"
)

// beforeAll is the number before the first batch of the source log.
const beforeAll int64 = -1

// offsetOf is how the checkpoint spells a batch of the source log.
func offsetOf(batch int64) stream.Offset {
	return stream.Offset(`{"logOffset":` + strconv.FormatInt(batch, 10) + `}`)
}

// A logOffset is Spark's spelling of an offset.
type logOffset struct {
	LogOffset *int64 `json:"logOffset"`
}

var logOffsets = exactjson.For[logOffset]()

// parseOffset reads an offset: Spark's object, or the bare number that older versions wrote.
func parseOffset(offset stream.Offset) (int64, error) {
	if offset == nil {
		return beforeAll, nil
	}
	if n, err := strconv.ParseInt(string(offset), 10, 64); err == nil && n >= 0 {
		return n, nil
	}
	var found logOffset
	if err := logOffsets.Unmarshal(offset, &found); err != nil || found.LogOffset == nil || *found.LogOffset < beforeAll {
		return 0, errclass.SourcesChanged.New(`the checkpoint holds the offset %s, and a source of files writes {"logOffset":n}.`, offset).
			WithHint("The checkpoint belongs to a query over another kind of source: give each query its own.")
	}
	return *found.LogOffset, nil
}
