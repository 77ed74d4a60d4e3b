package kafka

import (
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// The offsets that stand for a limit, in options and in Kafka's protocol alike.
const (
	latest   int64 = -1
	earliest int64 = -2
)

// A limit says where reading begins or ends: one of earliest, latest, an offset or a time for each partition, a time for
// all of them.
type limit struct {
	kind  limitKind
	each  offsets // of perOffset and perTime
	since int64   // of allTime: milliseconds since the epoch
}

type limitKind uint8

const (
	atEarliest limitKind = iota
	atLatest
	perOffset
	perTime
	allTime
)

// limitOptions names the options of a beginning or an end.
type limitOptions struct {
	position                       string // for error texts
	timestamp, byTimestamp, offset string
	otherwise                      limitKind
}

var (
	starting = limitOptions{"start", "startingTimestamp", "startingOffsetsByTimestamp", "startingOffsets", atLatest}
	// streamStart is starting where a stream that does not know its partitions' beginnings asks for them.
	streamStart = limitOptions{"stream start", "startingTimestamp", "startingOffsetsByTimestamp", "startingOffsets", atLatest}
	ending      = limitOptions{"end", "endingTimestamp", "endingOffsetsByTimestamp", "endingOffsets", atLatest}
)

// limitOf reads the limit that the options give, in Spark's order of preference.
func limitOf(v option.Values, names limitOptions) (limit, error) {
	switch {
	case v.Has(names.timestamp):
		text := strings.TrimSpace(v.String(names.timestamp))
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return limit{}, errclass.InvalidOptionValue.New("Expected a single long value, got %s", shortened(text))
		}
		return limit{kind: allTime, since: ms}, nil
	case v.Has(names.byTimestamp):
		each, err := parseTimestamps(strings.TrimSpace(v.String(names.byTimestamp)))
		return limit{kind: perTime, each: each}, err
	case v.Has(names.offset):
		text := strings.TrimSpace(v.String(names.offset))
		switch strings.ToLower(text) {
		case "latest":
			return limit{kind: atLatest}, nil
		case "earliest":
			return limit{kind: atEarliest}, nil
		}
		each, err := parseOffsets(text)
		return limit{kind: perOffset, each: each}, err
	}
	return limit{kind: names.otherwise}, nil
}

// batchLimits are the limits of a batch read, which begins at the earliest record unless the options say otherwise.
func batchLimits(v option.Values) (from, until limit, err error) {
	names := starting
	names.otherwise = atEarliest
	if from, err = limitOf(v, names); err != nil {
		return from, until, err
	}
	if err := checkBatchStart(from); err != nil {
		return from, until, err
	}
	if until, err = limitOf(v, ending); err != nil {
		return from, until, err
	}
	if err := checkBatchEnd(until); err != nil {
		return from, until, err
	}
	return from, until, checkOrder(from, until)
}

func checkBatchStart(from limit) error {
	if from.kind == atLatest {
		return errclass.InvalidOptionValue.New("starting offset can't be latest for batch queries on Kafka")
	}
	for _, p := range from.each.partitions() {
		if from.kind == perOffset && from.each[p] == latest {
			return errclass.InvalidOptionValue.New("startingOffsets for %s can't be latest for batch queries on Kafka", p)
		}
	}
	return nil
}

func checkBatchEnd(until limit) error {
	if until.kind == atEarliest {
		return errclass.InvalidOptionValue.New("ending offset can't be earliest for batch queries on Kafka")
	}
	for _, p := range until.each.partitions() {
		if until.kind == perOffset && until.each[p] == earliest {
			return errclass.InvalidOptionValue.New("ending offset for %s can't be earliest for batch queries on Kafka", p)
		}
	}
	return nil
}

// checkOrder finds limits of the same kind that contradict each other.
func checkOrder(from, until limit) error {
	if from.kind != until.kind || from.each == nil {
		return nil
	}
	if !from.each.samePartitions(until.each) {
		return errclass.KafkaMismatchedLimits.New("The specified start offset and end offset should have the same topic-partitions.\n"+
			"Topic-partitions for start offset: %s, topic-partitions for end offset: %s.", listText(from.each.partitions()), listText(until.each.partitions()))
	}
	what := "offset"
	if from.kind == perTime {
		what = "timestamp"
	}
	for _, p := range from.each.partitions() {
		if a, b := from.each[p], until.each[p]; a > b && a >= 0 && b >= 0 {
			return errclass.KafkaStartAfterEnd.New("The specified start %s %d is greater than the end %s %d for topic %s partition %d.", what, a, what, b, p.topic, p.partition)
		}
	}
	return nil
}
