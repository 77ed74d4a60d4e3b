package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// encodeBatch makes a record batch of magic 2.
func encodeBatch(t interface{ Fatal(...any) }, base int64, attributes int16, records []kmsg.Record, codec ...kgo.CompressionCodec) []byte {
	var raw []byte
	for _, r := range records {
		body := r.AppendTo(nil)[1:] // the length was taken as 0, one byte
		r.Length = int32(len(body))
		raw = r.AppendTo(raw)
	}
	if len(codec) > 0 {
		compressor, err := kgo.DefaultCompressor(codec...)
		if err != nil {
			t.Fatal(err)
		}
		compressed, kind := compressor.Compress(new(bytes.Buffer), raw)
		raw, attributes = bytes.Clone(compressed), attributes|int16(kind)
	}
	b := kmsg.RecordBatch{FirstOffset: base, Magic: 2, Attributes: attributes, FirstTimestamp: 1000, MaxTimestamp: 9000, ProducerID: 7, NumRecords: int32(len(records)), Records: raw}
	if len(records) > 0 {
		b.LastOffsetDelta = records[len(records)-1].OffsetDelta
	}
	out := b.AppendTo(nil)
	return sealed(out)
}

// sealed sets the length and the check sum.
func sealed(b []byte) []byte {
	binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-beforeLength))
	binary.BigEndian.PutUint32(b[atCRC:], crc32.Checksum(b[atAttributes:], castagnoli))
	return b
}

func decodeAll(d *decoder, a answer) ([]string, error) {
	var out []string
	err := d.decode(a, func(r *record) error {
		out = append(out, fmt.Sprintf("%d %d %d %q/%t %q/%t %d", r.offset, r.timestamp, r.timeType, r.key, r.hasKey, r.value, r.hasValue, r.count))
		return nil
	})
	return out, err
}

// What is decoded is what the client library decodes, whatever the records are.
func TestDecodingAgreesWithTheClientLibrary(t *testing.T) {
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		base := rapid.Int64Range(0, 1<<40).Draw(t, "base")
		from := base + rapid.Int64Range(0, 10).Draw(t, "from")
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var records []kmsg.Record
			delta := int32(0)
			for range rapid.IntRange(0, 6).Draw(t, "records") {
				records = append(records, drawRecord(t, delta))
				delta += rapid.Int32Range(1, 3).Draw(t, "gap")
			}
			attributes := int16(0)
			if rapid.Bool().Draw(t, "appendTime") {
				attributes = appendTime
			}
			var codec []kgo.CompressionCodec
			if i := rapid.IntRange(0, 4).Draw(t, "codec"); i > 0 {
				codec = codecs[i : i+1]
			}
			in = append(in, encodeBatch(t, base, attributes, records, codec...)...)
			base += int64(delta) + 5
		}
		got, err := decodeAll(&decoder{from: from, until: 1 << 62, crcs: true}, answer{records: in})
		if err != nil {
			t.Fatal(err)
		}
		fetched, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: from}, &kmsg.FetchResponseTopicPartition{RecordBatches: in}, kgo.DefaultDecompressor(), nil)
		if fetched.Err != nil {
			t.Fatal(fetched.Err)
		}
		var want []string
		for _, r := range fetched.Records {
			want = append(want, fmt.Sprintf("%d %d %d %q/%t %q/%t %d", r.Offset, r.Timestamp.UnixMilli(), r.Attrs.TimestampType(), r.Key, r.Key != nil, r.Value, r.Value != nil, len(r.Headers)))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	})
}

func drawRecord(t *rapid.T, delta int32) kmsg.Record {
	text := func(name string) []byte {
		if rapid.Bool().Draw(t, name+" is null") {
			return nil
		}
		return rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, name)
	}
	r := kmsg.Record{OffsetDelta: delta, TimestampDelta64: rapid.Int64Range(-1000, 1<<40).Draw(t, "time"), Key: text("key"), Value: text("value")}
	for range rapid.IntRange(0, 2).Draw(t, "headers") {
		r.Headers = append(r.Headers, kmsg.Header{Key: rapid.String().Draw(t, "header"), Value: text("header value")})
	}
	return r
}

// Message sets of brokers before 0.11 are read too.
func TestOldMessageSets(t *testing.T) {
	message := kmsg.MessageV1{Offset: 5, Magic: 1, Timestamp: 1234, Key: []byte("k"), Value: []byte("v")}
	b := message.AppendTo(nil)
	binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-beforeLength))
	binary.BigEndian.PutUint32(b[12:], crc32.ChecksumIEEE(b[16:]))
	next, whole, err := walk(b)
	if next != 6 || whole != len(b) || err != nil {
		t.Fatalf("walk: %d, %d, %v", next, whole, err)
	}
	got, err := decodeAll(&decoder{from: 5, until: 9, crcs: true}, answer{records: b})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "records", got, []string{`5 1234 0 "k"/true "v"/true 0`})
}

// Snappy as Java frames it.
func TestXerialSnappy(t *testing.T) {
	in := append([]byte{}, xerial...)
	in = append(in, 0, 0, 0, 1, 0, 0, 0, 1)
	for _, part := range []string{"hello ", "world"} {
		block := s2.EncodeSnappy(nil, []byte(part))
		in = binary.BigEndian.AppendUint32(in, uint32(len(block)))
		in = append(in, block...)
	}
	var f inflater
	for range 2 {
		out, err := f.records(in, codecSnappy)
		if err != nil || string(out) != "hello world" {
			t.Fatalf("got %q, %v", out, err)
		}
	}
	for cut := 17; cut < len(in); cut++ {
		if out, err := f.records(in[:cut], codecSnappy); err == nil && string(out) == "hello world" {
			t.Errorf("cut at %d it is whole", cut)
		}
	}
}

// A batch that is damaged is an error, never other records.
func TestDamagedBatches(t *testing.T) {
	whole := encodeBatch(t, 3, 0, []kmsg.Record{{Value: []byte("abc")}, {OffsetDelta: 1, Key: []byte("k")}})
	for at := atAttributes; at < len(whole); at++ {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		if got, err := decodeAll(&decoder{until: 99, crcs: true}, answer{records: b}); !errors.Is(err, errBrokenBatch) {
			t.Errorf("byte %d: %q, %v", at, got, err)
		}
	}
	for name, b := range map[string][]byte{
		"a length of nothing":   {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2},
		"a negative length":     {0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0, 2},
		"a negative offset":     {255, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 2},
		"shorter than its head": {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 2},
	} {
		if _, _, err := walk(b); !errors.Is(err, errBrokenBatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if next, n, err := walk(whole[:len(whole)-1]); next != 0 || n != 0 || err != nil {
		t.Errorf("a cut batch: %d, %d, %v, want it left for the next fetch", next, n, err)
	}
	bomb := encodeBatch(t, 0, int16(codecSnappy), nil)
	bomb = sealed(append(bomb, 0xff, 0xff, 0xff, 0xff, 0x0f))
	bomb[atCount+3], bomb = 1, sealed(bomb)
	if _, err := decodeAll(&decoder{until: 99}, answer{records: bomb}); err == nil {
		t.Error("a block that says it grows to 4 GB is taken")
	}
}

// Whatever a broker answers is records or an error, in bounded time and memory.
func FuzzDecode(f *testing.F) {
	records := []kmsg.Record{{Key: []byte("k"), Value: []byte("value"), Headers: []kmsg.Header{{Key: "h", Value: []byte("x")}}}, {OffsetDelta: 2, TimestampDelta64: 5}}
	f.Add(encodeBatch(f, 0, 0, records), true)
	for _, codec := range []kgo.CompressionCodec{kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		f.Add(encodeBatch(f, 9, transactional, records, codec), false)
	}
	f.Add(encodeBatch(f, 4, control|transactional, records[:1]), true)
	f.Fuzz(func(t *testing.T, in []byte, committed bool) {
		if len(in) > 1<<16 {
			return
		}
		next, whole, err := walk(in)
		if err != nil {
			return
		}
		if whole > len(in) || (whole > 0 && next < 1) {
			t.Fatalf("walk goes to offset %d and byte %d of %d", next, whole, len(in))
		}
		cols := newColumns(topicPartition{"t", 0}, schemaOf(true))
		d := &decoder{until: 1 << 62, committed: committed}
		aborted := []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 7, FirstOffset: 3}}
		n := 0
		if err := d.decode(answer{records: in[:whole], aborted: aborted}, func(r *record) error { n++; return cols.add(r) }); err != nil {
			return
		}
		if cols.rows != n {
			t.Fatalf("%d records are %d rows", n, cols.rows)
		}
		if n > 0 && n <= batchRows {
			cols.take()
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	records := make([]kmsg.Record, 500)
	for i := range records {
		records[i] = kmsg.Record{OffsetDelta: int32(i), Key: []byte("key"), Value: bytes.Repeat([]byte("v"), 200)}
	}
	in := encodeBatch(b, 0, 0, records)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	cols := newColumns(topicPartition{"t", 0}, schemaOf(false))
	d := &decoder{until: 1 << 62, crcs: true}
	for b.Loop() {
		if err := d.decode(answer{records: in}, func(r *record) error {
			if cols.full(0) {
				cols.take()
			}
			return cols.add(r)
		}); err != nil {
			b.Fatal(err)
		}
	}
}
