package kafka

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A topicPartition names one partition.
type topicPartition struct {
	topic     string
	partition int32
}

// String is Kafka's: "orders-0".
func (p topicPartition) String() string {
	return p.topic + "-" + strconv.Itoa(int(p.partition))
}

func comparePartitions(a, b topicPartition) int {
	return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.partition, b.partition))
}

// offsets say for each partition which record comes next.
type offsets map[topicPartition]int64

func (o offsets) partitions() []topicPartition {
	return slices.SortedFunc(maps.Keys(o), comparePartitions)
}

// missing are the partitions of o that other has not.
func (o offsets) missing(other offsets) []topicPartition {
	var gone []topicPartition
	for p := range o {
		if _, ok := other[p]; !ok {
			gone = append(gone, p)
		}
	}
	slices.SortFunc(gone, comparePartitions)
	return gone
}

func (o offsets) samePartitions(other offsets) bool {
	return len(o) == len(other) && len(o.missing(other)) == 0
}

// text is how Scala prints a map: "Map(t-0 -> 3, t-1 -> 4)".
func (o offsets) text() string {
	parts := make([]string, 0, len(o))
	for _, p := range o.partitions() {
		parts = append(parts, p.String()+" -> "+strconv.FormatInt(o[p], 10))
	}
	return "Map(" + strings.Join(parts, ", ") + ")"
}

// setText is how Scala prints a set: "Set(t-0, t-1)".
func setText(partitions []topicPartition) string { return "Set(" + listText(partitions) + ")" }

func listText(partitions []topicPartition) string {
	names := make([]string, len(partitions))
	for i, p := range partitions {
		names[i] = p.String()
	}
	return strings.Join(names, ", ")
}
