package kafka

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf16"

	"lakehouse/internal/errclass"
)

// parseOffsets reads {"topic":{"0":23,"1":-1}}: positions, and below zero the limits.
func parseOffsets(text string) (offsets, error) {
	out, ok := parseNumbers(text)
	for _, offset := range out {
		ok = ok && offset >= earliest
	}
	if !ok {
		return nil, errclass.InvalidOptionValue.New(`Expected e.g. {"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}, got %s`, shortened(text))
	}
	return out, nil
}

// parseTimestamps reads {"topic":{"0":1700000000000}}: milliseconds since the epoch.
func parseTimestamps(text string) (offsets, error) {
	out, ok := parseNumbers(text)
	if !ok {
		return nil, errclass.InvalidOptionValue.New("Expected e.g. {\"topicA\": {\"0\": 123456789, \"1\": 123456789},\n"+
			"\"topicB\": {\"0\": 123456789, \"1\": 123456789}}, got %s", shortened(text))
	}
	return out, nil
}

func parseNumbers(text string) (offsets, bool) {
	var topics map[string]map[int32]*int64
	if err := json.Unmarshal([]byte(text), &topics); err != nil || topics == nil {
		return nil, false
	}
	out := offsets{}
	for topic, parts := range topics {
		if parts == nil {
			return nil, false
		}
		for partition, n := range parts {
			if n == nil || partition < 0 {
				return nil, false
			}
			out[topicPartition{topic, partition}] = *n
		}
	}
	return out, true
}

// parsePartitions reads {"topic":[0,1]}.
func parsePartitions(text string) ([]topicPartition, error) {
	wrong := errclass.InvalidOptionValue.New(`Expected e.g. {"topicA":[0,1],"topicB":[0,1]}, got %s`, shortened(text))
	var topics map[string][]*int32
	if err := json.Unmarshal([]byte(text), &topics); err != nil || topics == nil {
		return nil, wrong
	}
	var out []topicPartition
	for topic, parts := range topics {
		for _, partition := range parts {
			if partition == nil || *partition < 0 {
				return nil, wrong
			}
			out = append(out, topicPartition{topic, *partition})
		}
	}
	slices.SortFunc(out, comparePartitions)
	return slices.Compact(out), nil
}

// shortened keeps a broken text from filling the screen.
func shortened(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strconv.Quote(text[:most]) + "…"
}

// json is the offsets as they stand in a checkpoint, byte for byte as Spark writes them: the members come in the order of
// Scala's hash tables.
func (o offsets) json() []byte {
	var topics, parts hashOrder
	byTopic := map[string][]int32{}
	for _, p := range o.partitions() {
		topics.put(len(byTopic[p.topic]) == 0, hashOfText(p.topic), p.topic)
		byTopic[p.topic] = append(byTopic[p.topic], p.partition)
	}
	out := []byte{'{'}
	for i, t := range topics.entries() {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, t.text), ':', '{')
		parts = hashOrder{}
		for _, partition := range byTopic[t.text] {
			parts.put(true, partition, strconv.Itoa(int(partition)))
		}
		for j, p := range parts.entries() {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(appendText(out, p.text), ':')
			out = strconv.AppendInt(out, o[topicPartition{t.text, p.hash}], 10)
		}
		out = append(out, '}')
	}
	return append(out, '}')
}

// appendText adds a JSON string. Names of topics have no characters that need care; others come through json.Marshal.
func appendText(out []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return strconv.AppendQuote(out, text)
	}
	return append(out, quoted...)
}

// hashOrder knows the order in which Scala 2.13's mutable HashMap gives its keys: by bucket, in a bucket by hash, of the same
// hash as they came.
type hashOrder struct {
	buckets int // 0: none yet
	keys    []hashedKey
}

type hashedKey struct {
	text string
	hash int32 // Scala's ##
}

// put is an insertion, or (not fresh) the replacement of a key that is there: that, too, may make the table grow.
func (h *hashOrder) put(fresh bool, hash int32, text string) {
	h.buckets = max(h.buckets, 16)
	if len(h.keys)+1 >= h.buckets*3/4 {
		h.buckets *= 2
	}
	if fresh {
		h.keys = append(h.keys, hashedKey{text, hash})
	}
}

func (h *hashOrder) entries() []hashedKey {
	slices.SortStableFunc(h.keys, func(a, b hashedKey) int {
		x, y := improved(a.hash), improved(b.hash)
		return cmp.Or(cmp.Compare(x&int32(h.buckets-1), y&int32(h.buckets-1)), cmp.Compare(x, y))
	})
	return h.keys
}

func improved(hash int32) int32 { return hash ^ int32(uint32(hash)>>16) }

// hashOfText is Java's String.hashCode.
func hashOfText(text string) int32 {
	var h int32
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}
