package kafka

import "math"

// A offsetRange is the records from an offset up to another of one partition.
type offsetRange struct {
	topicPartition
	from, until int64
}

func (r offsetRange) size() int64 { return r.until - r.from }

// A split says into how many ranges the partitions of a batch are cut.
type split struct {
	minPartitions int64 // 0: no demand
	maxRecords    int64 // in one range; 0: any
}

// apply cuts ranges as Spark does, and leaves out those without records. The order stays.
func (s split) apply(ranges []offsetRange) []offsetRange {
	var out []offsetRange
	for _, r := range ranges {
		switch {
		case r.size() <= 0:
		case s.maxRecords > 0:
			out = append(out, r.cut(ceilDiv(r.size(), s.maxRecords))...)
		default:
			out = append(out, r)
		}
	}
	if s.minPartitions <= int64(len(out)) {
		return out
	}
	return s.spread(out)
}

// spread cuts large ranges until there are about as many as are asked for; small ones stay whole, and do not count in the
// proportions of the others.
func (s split) spread(ranges []offsetRange) []offsetRange {
	var total, whole, wholeSize int64
	for _, r := range ranges {
		total += r.size()
	}
	isWhole := map[topicPartition]bool{}
	for _, r := range ranges {
		if parts(r.size(), total, s.minPartitions) == 1 {
			whole++
			wholeSize += r.size()
			isWhole[r.topicPartition] = true
		}
	}
	rest := max(s.minPartitions-whole, 1)
	var out []offsetRange
	for _, r := range ranges {
		n := int64(1)
		if !isWhole[r.topicPartition] {
			n = parts(r.size(), total-wholeSize, rest)
		}
		out = append(out, r.cut(n)...)
	}
	return out
}

// parts is how many of the wanted ranges fall to one of a size.
func parts(size, total, wanted int64) int64 {
	return max(int64(math.Floor(float64(size)/float64(total)*float64(wanted)+0.5)), 1)
}

func ceilDiv(a, b int64) int64 { return a/b + min(a%b, 1) }

// cut divides a range into n about equal ones; those without records are left out.
func (r offsetRange) cut(n int64) []offsetRange {
	n = min(n, r.size())
	out := make([]offsetRange, 0, n)
	left, from := r.size(), r.from
	for i := range n {
		size := left / (n - i)
		left -= size
		out = append(out, offsetRange{r.topicPartition, from, from + size})
		from += size
	}
	return out
}
