package files

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"testing"
	"time"
	"unicode/utf8"

	"lakehouse/internal/types"
)

// Whatever bytes a packed file has, unpacking ends, within its limit; and what package compress/gzip reads is read the same.
func FuzzUnpack(f *testing.F) {
	suffixes := []string{".gz", ".bz2", ".deflate", ".snappy", ".zst", ".lz4"}
	whole := gzipped(f, "{\"n\":1}\n", "{\"n\":2}\n")
	f.Add([]byte(whole), 0)
	f.Add([]byte(whole[:len(whole)-4]), 0)
	f.Add([]byte("\x1f\x8b\bA0000000\b\x00\xf7\xff{\"n\":2}\n\x030ʯ\xf8\x87\b\x00\x00\x00"), 0)
	f.Add([]byte("\x1f\x8b\b\x000000000\b\x00\xf7\xff{\"n\":1}\n\x030\x93\x11\xbe\x85\b\x00\x00\x00\x1f\x8b\b0000000"), 0)
	f.Add([]byte("BZh91AY&SY"), 1)
	f.Add([]byte("x\x9c\xab\x56\xca\x53\xb2\x32\xac\x05\x00"), 2)
	f.Add([]byte("\x00\x00\x00\x08\x00\x00\x00\x0a\x08\x1c{\"n\":3}\n"), 3)
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x41\x00\x00{\"n\":1}\n"), 4)
	const limit = 1 << 20
	u := newUnpacker(limit)
	f.Fuzz(func(t *testing.T, packed []byte, codec int) {
		suffix := suffixes[uint(codec)%uint(len(suffixes))]
		var plain []byte
		in, err := u.open("a"+suffix, onlyReader{bytes.NewReader(packed)})
		if err == nil {
			plain, err = io.ReadAll(in)
			_ = in.Close()
		}
		if len(plain) > limit {
			t.Fatalf("%s: %d bytes", suffix, len(plain))
		}
		if suffix != ".gz" || len(packed) == 0 {
			return
		}
		var want []byte
		std, stdErr := stdgzip.NewReader(bytes.NewReader(packed))
		if stdErr == nil {
			want, stdErr = io.ReadAll(io.LimitReader(std, limit+1))
		}
		if len(want) <= limit && ((err == nil) != (stdErr == nil) || err == nil && !bytes.Equal(plain, want)) {
			t.Fatalf("got %q, %v; package gzip has %q, %v", plain, err, want, stdErr)
		}
	})
}

// A value that a folder's name infers as a type is one of that type.
func FuzzPartitionValue(f *testing.F) {
	for _, seed := range []string{"1", "-0", "9223372036854775808", "1.50", "2026-11-21", "2026-11-21 10%3A00%3A00", "a%2Fb", "%", "__HIVE_DEFAULT_PARTITION__", "1e400", "NaN", "true", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value := unescape(text)
		if !utf8.ValidString(value) {
			return // it is refused by its folder's name
		}
		kind := inferPartition([]string{value})
		if v, ok := partitionValue(value, kind, time.UTC); !ok {
			t.Fatalf("%q infers as %s, and is none: %v", value, types.SQL(kind), v)
		}
		for _, other := range []types.Type{types.Boolean, types.Byte, types.Integer, types.Long, types.Double, types.Date, types.Timestamp, types.Decimal{Precision: 10, Scale: 2}, types.String} {
			partitionValue(value, other, time.UTC)
		}
	})
}
