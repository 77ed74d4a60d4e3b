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
	// Format is the version of the file, 0 the first. In the second a source's line begins with its number, and a source
	// without an offset may have none: behind the last there may be more.
	Format int
}

// SourcesOf is the ends of the batch in n sources, unless the file speaks of another number.
func (o Offsets) SourcesOf(n int) []json.RawMessage {
	sources := o.Sources
	for o.Format == MapFormat && len(sources) < n {
		sources = append(sources, nil)
	}
	return sources
}

// MapFormat is the second version of offsets/N (spark.sql.streaming.offsetLog.formatVersion, since Spark 4.2).
const MapFormat = 2

// Commit is the content of commits/N.
type Commit struct {
	NextWatermarkMs int64 // of batch N+1
	// Sinks is what version 3 says of the sinks that the query has had (spark.sql.streaming.queryEvolution.enableSinkEvolution,
	// since Spark 4.2): Spark's JSON. Nil: nothing.
	Sinks json.RawMessage
}

// commitLine is the second line of commits/N. Version 2 names the state files of each operator and partition there, version 3 the
// sinks.
type commitLine struct {
	NextWatermarkMs int64                      `json:"nextBatchWatermarkMs"`
	StateIDs        map[string]json.RawMessage `json:"stateUniqueIds"`
	Sinks           json.RawMessage            `json:"sinkMetadataMap"`
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
	errNoID       = errors.New("it does not begin with a source's id")
	errNamed      = errors.New("its sources have names (spark.sql.streaming.queryEvolution.enableSourceEvolution); this engine knows sources by their place in the query")
	errTwice      = errors.New("the source has a line already")
	errNoSinks    = errors.New("version 3 without sinks (sinkMetadataMap)")
	errStateIDs   = errors.New("it names state files by ids (stateUniqueIds, of state store checkpoint format 2), which only the RocksDB provider has")
)

// encodeOffsets writes offsets/N.
func encodeOffsets(o Offsets) ([]byte, error) {
	conf, err := o.Conf.MarshalJSON() // not through json.Marshal, which escapes for HTML
	if err != nil {
		return nil, err
	}
	text := versionLine(max(o.Format, Version))
	text = append(text, `{"batchWatermarkMs":`...)
	text = strconv.AppendInt(text, o.WatermarkMs, 10)
	text = append(text, `,"batchTimestampMs":`...)
	text = strconv.AppendInt(text, o.TimestampMs, 10)
	text = append(text, `,"conf":`...)
	text = append(text, conf...)
	if o.Format == MapFormat {
		text = append(text, `,"sourceMetadataInfo":{}`...) // Spark 4.2 has nothing to say there
	}
	text = append(text, '}')
	for i, offset := range o.Sources {
		if o.Format == MapFormat && offset == nil {
			continue
		}
		text = append(text, '\n')
		if o.Format == MapFormat {
			text = append(strconv.AppendInt(text, int64(i), 10), ':')
		}
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
func decodeOffsets(version int, lines [][]byte) (Offsets, error) {
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
	if version == MapFormat {
		o.Format = MapFormat
		return o, o.byID(lines[1:])
	}
	o.Sources = make([]json.RawMessage, 0, len(lines)-1)
	for i, line := range lines[1:] {
		offset, err := decodeOffset(line)
		if err != nil {
			return Offsets{}, lineError{i + 3, err}
		}
		o.Sources = append(o.Sources, offset)
	}
	return o, nil
}

// byID reads the lines of sources that begin with an id, which come in any order.
func (o *Offsets) byID(lines [][]byte) error {
	byID := make(map[int]json.RawMessage, len(lines))
	last := -1
	for i, line := range lines {
		id, rest, found := bytes.Cut(line, []byte(":"))
		if !found {
			return lineError{i + 3, errNoID}
		}
		n, err := strconv.Atoi(string(id))
		if err != nil || n < 0 || n >= maxSources || strconv.Itoa(n) != string(id) {
			return lineError{i + 3, errNamed}
		}
		if _, twice := byID[n]; twice {
			return lineError{i + 3, errTwice}
		}
		if byID[n], err = decodeOffset(rest); err != nil {
			return lineError{i + 3, err}
		}
		if byID[n] != nil {
			last = max(last, n)
		}
	}
	if last < 0 {
		return errNoSources
	}
	o.Sources = make([]json.RawMessage, last+1)
	for n := range o.Sources {
		o.Sources[n] = byID[n]
	}
	return nil
}

// maxSources bounds the number of a source.
const maxSources = 1 << 16

func decodeOffset(line []byte) (json.RawMessage, error) {
	switch {
	case string(line) == noOffset:
		return nil, nil
	case json.Valid(line):
		return bytes.TrimSpace(line), nil
	}
	return nil, errNotJSON
}

// encodeCommit writes commits/N: in version 3 where there is something to say of sinks.
func encodeCommit(c Commit) ([]byte, error) {
	version := Version
	if c.Sinks != nil {
		version = sinksVersion
	}
	text := append(versionLine(version), `{"nextBatchWatermarkMs":`...)
	text = strconv.AppendInt(text, c.NextWatermarkMs, 10)
	if c.Sinks != nil {
		text = append(append(text, `,"sinkMetadataMap":`...), c.Sinks...)
	}
	return append(text, '}'), nil
}

func decodeCommit(version int, lines [][]byte) (Commit, error) {
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
	c := Commit{NextWatermarkMs: line.NextWatermarkMs}
	if version == sinksVersion {
		if c.Sinks = sinksOf(line.Sinks); c.Sinks == nil {
			return Commit{}, lineError{2, errNoSinks}
		}
	}
	return c, nil
}

// sinksOf is an object with members, in one line; nil: it is none.
func sinksOf(text json.RawMessage) json.RawMessage {
	var sinks map[string]json.RawMessage
	var line bytes.Buffer
	if json.Unmarshal(text, &sinks) != nil || len(sinks) == 0 || json.Compact(&line, text) != nil {
		return nil
	}
	return line.Bytes()
}

// A lineError is what is wrong with a line, counted from 1.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return "line " + strconv.Itoa(e.line) + ": " + e.err.Error() }
func (e lineError) Unwrap() error { return e.err }
