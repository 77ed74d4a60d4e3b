package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"lakehouse/internal/exactjson"
)

// Offsets is the content of offsets/N: what batch N is to read, and under which settings.
type Offsets struct {
	WatermarkMs int64             // below it, rows are late
	TimestampMs int64             // the batch's current_timestamp()
	Conf        Conf              // freezes what the state depends on
	Sources     []json.RawMessage // the end of the batch in each source, in plan order; nil: nothing yet
}

// Commit is the content of commits/N.
type Commit struct {
	NextWatermarkMs int64 `json:"nextBatchWatermarkMs"` // of batch N+1
}

// commitLine is the second line of commits/N. Version 2 names the state files of each operator and partition there.
type commitLine struct {
	Commit
	StateIDs map[string]json.RawMessage `json:"stateUniqueIds"`
}

// offsetsMetadata is the second line of offsets/N.
type offsetsMetadata struct {
	WatermarkMs int64 `json:"batchWatermarkMs"`
	TimestampMs int64 `json:"batchTimestampMs"`
	Conf        Conf  `json:"conf"`
}

// noOffset stands for a source that has no offset yet.
const noOffset = "-"

var (
	errNoMetadata = errors.New("the line of watermark, time and settings is missing")
	errNoSources  = errors.New("there is no line of a source")
	errNotJSON    = errors.New("not a JSON value")
	errStateIDs   = errors.New("it names state files by ids (stateUniqueIds, of state store checkpoint format 2), which only the RocksDB provider has")
)

// appendOffsets writes the lines after the version.
func appendOffsets(text []byte, o Offsets) ([]byte, error) {
	conf, err := o.Conf.MarshalJSON() // not through json.Marshal, which escapes for HTML
	if err != nil {
		return nil, err
	}
	text = append(text, `{"batchWatermarkMs":`...)
	text = strconv.AppendInt(text, o.WatermarkMs, 10)
	text = append(text, `,"batchTimestampMs":`...)
	text = strconv.AppendInt(text, o.TimestampMs, 10)
	text = append(text, `,"conf":`...)
	text = append(append(text, conf...), '}')
	for i, offset := range o.Sources {
		text = append(text, '\n')
		switch {
		case offset == nil:
			text = append(text, noOffset...)
		case bytes.ContainsAny(offset, "\r\n") || !json.Valid(offset):
			return nil, errors.New("internal error: the offset of source " + strconv.Itoa(i) + " is not one line of JSON")
		default:
			text = append(text, offset...)
		}
	}
	return text, nil
}

var (
	offsetsLines = exactjson.For[offsetsMetadata]()
	commitLines  = exactjson.For[commitLine]()
)

// decodeOffsets reads the lines after the version.
func decodeOffsets(lines [][]byte) (Offsets, error) {
	if len(lines) == 0 {
		return Offsets{}, errNoMetadata
	}
	var metadata offsetsMetadata
	if err := offsetsLines.Unmarshal(lines[0], &metadata); err != nil {
		return Offsets{}, lineError{2, err}
	}
	if len(lines) == 1 {
		return Offsets{}, errNoSources
	}
	o := Offsets{WatermarkMs: metadata.WatermarkMs, TimestampMs: metadata.TimestampMs, Conf: metadata.Conf}
	o.Sources = make([]json.RawMessage, 0, len(lines)-1)
	for i, line := range lines[1:] {
		switch {
		case string(line) == noOffset:
			o.Sources = append(o.Sources, nil)
		case json.Valid(line):
			o.Sources = append(o.Sources, bytes.TrimSpace(line))
		default:
			return Offsets{}, lineError{i + 3, errNotJSON}
		}
	}
	return o, nil
}

func appendCommit(text []byte, c Commit) ([]byte, error) {
	text = append(text, `{"nextBatchWatermarkMs":`...)
	text = strconv.AppendInt(text, c.NextWatermarkMs, 10)
	return append(text, '}'), nil
}

func decodeCommit(lines [][]byte) (Commit, error) {
	if len(lines) == 0 {
		return Commit{}, nil // as Spark 2.0 wrote it
	}
	var line commitLine
	if err := commitLines.Unmarshal(lines[0], &line); err != nil {
		return Commit{}, lineError{2, err}
	}
	if len(line.StateIDs) > 0 {
		return Commit{}, lineError{2, errStateIDs}
	}
	return line.Commit, nil
}

// A lineError is what is wrong with a line, counted from 1.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return "line " + strconv.Itoa(e.line) + ": " + e.err.Error() }
func (e lineError) Unwrap() error { return e.err }
