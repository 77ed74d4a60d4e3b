package state

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
	"lakehouse/volumes/volumestest"
)

// manyKeys are batches of distinct names.
func manyKeys(n int) (keys, values []arrow.RecordBatch) {
	const batchRows = 8192
	for from := 0; from < n; from += batchRows {
		k, v := keysFrom(from, min(from+batchRows, n))
		keys, values = append(keys, k), append(values, v)
	}
	return keys, values
}

// keysFrom is a batch of such names, and a number each.
func keysFrom(from, to int) (keys, values arrow.RecordBatch) {
	names := array.NewStringBuilder(memory.DefaultAllocator)
	numbers := array.NewInt64Builder(memory.DefaultAllocator)
	for i := from; i < to; i++ {
		names.Append(fmt.Sprintf("customer-%08d", i))
		numbers.Append(int64(i))
	}
	rows := int64(names.Len())
	return array.NewRecordBatch(types.ToArrowSchema(counts.Key), []arrow.Array{names.NewArray()}, rows),
		array.NewRecordBatch(types.ToArrowSchema(counts.Value), []arrow.Array{numbers.NewArray()}, rows)
}

func putAll(b *testing.B, o *Operator, keys, values []arrow.RecordBatch) {
	b.Helper()
	for i := range keys {
		if err := o.Put(keys[i], values[i]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1e5, 1e6} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			keys, values := manyKeys(n)
			o := openCounts(b, volumestest.NewMemory(), 0, nil)
			putAll(b, o, keys, values)
			for b.Loop() {
				putAll(b, o, keys, values)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(o.MemoryUsed())/float64(n), "B/key")
		})
	}
}

func BenchmarkGet(b *testing.B) {
	keys, values := manyKeys(1e6)
	o := openCounts(b, volumestest.NewMemory(), 0, nil)
	putAll(b, o, keys, values)
	for b.Loop() {
		for _, k := range keys {
			if _, _, err := o.Get(k); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// A commit of a thousand changed keys costs the same whatever else the state holds; so do the snapshots, spread
// over the commits that ask for them.
func BenchmarkCommitThousandOf(b *testing.B) {
	for _, n := range []int{1e4, 1e6} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			keys, values := manyKeys(n)
			var cache Cache
			store := volumestest.NewMemory()
			o := openCounts(b, store, 0, &cache)
			putAll(b, o, keys, values)
			commit(b, o)
			changedKeys, changedValues := keys[0].NewSlice(0, 1000), values[0].NewSlice(0, 1000)
			version := int64(1)
			for b.Loop() {
				o := openCounts(b, store, version, &cache)
				if err := o.Put(changedKeys, changedValues); err != nil {
					b.Fatal(err)
				}
				commit(b, o)
				version++
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	keys, values := manyKeys(1e6)
	store := volumestest.NewMemory()
	o := openCounts(b, store, 0, nil)
	putAll(b, o, keys, values)
	commit(b, o)
	for b.Loop() {
		openCounts(b, store, 1, nil)
	}
	b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// Five million groups under a budget of 64 MB for their keys and values: the heap stays below the budget and 64 bytes a key.
func BenchmarkFiveMillionKeysUnderABudget(b *testing.B) {
	const rows, budget = 5_000_000, 64 << 20
	for b.Loop() {
		o, err := Open(b.Context(), counts, OpenOptions{Store: volumestest.NewMemory(), Dir: "state", Partitions: 2, Budget: NewBudget(budget)})
		if err != nil {
			b.Fatal(err)
		}
		const batchRows = 8192
		for from := 0; from < rows; from += batchRows {
			keys, values := keysFrom(from, min(from+batchRows, rows))
			if err := o.Put(keys, values); err != nil {
				b.Fatal(err)
			}
		}
		if used, most := o.MemoryUsed(), int64(budget+64*rows); used > most {
			b.Errorf("%d bytes are on the heap, more than %d", used, most)
		}
		b.ReportMetric(float64(o.MemoryUsed())/rows, "heap-B/key")
		b.ReportMetric(float64(o.Rows()), "keys")
	}
}
