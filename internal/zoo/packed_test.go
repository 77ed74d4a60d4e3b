package zoo

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var long = flag.Bool("zoo.long", false, "a bomb of 10 GB")

func packed(t testing.TB, w io.WriteCloser, err error, out *bytes.Buffer, text string) string {
	t.Helper()
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	return packed(t, gzip.NewWriter(&out), nil, &out, text)
}

func deflated(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	return packed(t, zlib.NewWriter(&out), nil, &out, text)
}

func zstandard(t testing.TB, text string, options ...zstd.EOption) string {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, options...)
	return packed(t, w, err, &out, text)
}

// snappyBlock is a block of Hadoop's framing.
func snappyBlock(text string) string {
	chunk := snappy.Encode(nil, []byte(text))
	block := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	block = binary.BigEndian.AppendUint32(block, uint32(len(chunk)))
	return string(append(block, chunk...))
}

// bzipped is goodJSON without its second column.
const bzipped = "QlpoOTFBWSZTWV8/k9cAAAZZgAAQEAAwEAABAAogADEMCBKAeonCJoaL4u5IpwoSC+fyeuA="

// packedBeasts are files that are packed, cut, garbled, and not what their names say.
func packedBeasts(t *testing.T) []beast {
	t.Helper()
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	garbled := func(text string, at int) string {
		b := []byte(text)
		b[at] ^= 0x55
		return string(b)
	}
	gz, deflate, zst := gzipped(t, goodJSON), deflated(t, goodJSON), zstandard(t, goodJSON)
	block := snappyBlock(goodJSON)
	many := gzipped(t, strings.Repeat(goodJSON, 5_000))
	const corrupt = errclass.FailedReadFile
	return []beast{
		{file: "good.json.gz", text: gz, good: 2},
		{file: "good.json.deflate", text: deflate, good: 2},
		{file: "good.json.zst", text: zst, good: 2},
		{file: "good.json.bz2", text: string(bz), good: 2},
		{file: "good.json.snappy", text: block, good: 2},
		{file: "LOUD.JSON.GZ", text: gz, good: 2},
		{file: "nothing.json.gz"},
		{file: "nothing.json.zst"},
		{file: "nothing.json.bz2"},
		{file: "nothing.json.snappy"},
		{file: "nothing.json.deflate"},
		{file: "of nothing.json.gz", text: gzipped(t, "")},
		{file: "members.json.gz", text: gz + gz + gzipped(t, "") + gz, good: 6},
		{file: "members cut a record.json.gz", text: gzipped(t, `{"n":`) + gzipped(t, "1}\n"), good: 1},
		{file: "frames.json.zst", text: zst + zst, good: 4},
		{file: "frame to skip.json.zst", text: "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zst, good: 2},
		{file: "blocks.json.snappy", text: block + block, good: 4},
		{file: "streams.json.bz2", text: string(bz) + string(bz), good: 4},
		{file: "packed twice.json.gz", text: gzipped(t, gz[:10]), bad: 1},
		{file: "bad record.json.gz", text: gzipped(t, "{\n"+goodJSON), good: 2, bad: 1},
		{file: "packed, by no name.json", text: gz[:10], bad: 1},
		{file: "plain.json.gz", text: goodJSON, class: corrupt, says: "invalid header"},
		{file: "plain.json.zst", text: goodJSON, class: corrupt, says: "magic"},
		{file: "plain.json.bz2", text: goodJSON, class: corrupt, says: "magic"},
		{file: "plain.json.snappy", text: goodJSON, class: corrupt, says: "chunk"},
		{file: "plain.json.deflate", text: goodJSON, class: corrupt, says: "invalid header"},
		{file: "one byte.json.gz", text: "\x1f", class: corrupt, says: "unexpected EOF"},
		{file: "the header.json.gz", text: gz[:10], class: corrupt, says: "unexpected EOF"},
		{file: "cut.json.gz", text: gz[:len(gz)-12], class: corrupt, says: "unexpected EOF"},
		{file: "cut in the check.json.gz", text: gz[:len(gz)-3], class: corrupt, says: "unexpected EOF"},
		{file: "cut far in.json.gz", text: many[:len(many)-20], class: corrupt, says: "unexpected EOF"},
		{file: "wrong check.json.gz", text: garbled(gz, len(gz)-6), class: corrupt, says: "checksum"},
		{file: "wrong length.json.gz", text: garbled(gz, len(gz)-2), class: corrupt, says: "checksum"},
		{file: "garbled.json.gz", text: garbled(many, len(many)/2), class: corrupt},
		{file: "garbage behind.json.gz", text: gz + "garbage garbage", class: corrupt, says: "invalid header"},
		{file: "zeros behind.json.gz", text: gz + strings.Repeat("\x00", 512), class: corrupt, says: "invalid header"},
		{file: "second member cut.json.gz", text: gz + gz[:len(gz)-9], class: corrupt, says: "unexpected EOF"},
		{file: "cut.json.zst", text: zst[:len(zst)-5], class: corrupt, says: "unpack near byte"},
		{file: "garbled.json.zst", text: garbled(zst, len(zst)-2), class: corrupt, says: "CRC"},
		{file: "garbage behind.json.zst", text: zst + "garbage", class: corrupt, says: "unpack near byte"},
		{file: "window of a terabyte.json.zst", text: "\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", class: corrupt, says: "window"},
		{file: "cut.json.bz2", text: string(bz[:len(bz)-4]), class: corrupt, says: "unexpected EOF"},
		{file: "garbled.json.bz2", text: garbled(string(bz), len(bz)/2), class: corrupt, says: "unpack near byte"},
		{file: "cut.json.deflate", text: deflate[:len(deflate)-3], class: corrupt, says: "unexpected EOF"},
		{file: "wrong check.json.deflate", text: garbled(deflate, len(deflate)-1), class: corrupt, says: "checksum"},
		{file: "cut.json.snappy", text: block[:len(block)-3], class: corrupt, says: "unexpected EOF"},
		{file: "cut in a length.json.snappy", text: block + "\x00\x00", class: corrupt, says: "unexpected EOF"},
		{file: "a chunk of 4 GB.json.snappy", text: "\x00\x00\x00\x08\xff\xff\xff\xff", class: corrupt, says: "too large"},
		{file: "a chunk that grows.json.snappy", text: "\x00\x00\x00\x08\x00\x00\x00\x05\xff\xff\xff\xff\x0f", class: corrupt, says: "wrong length"},
		{file: "chunks of nothing.json.snappy", text: "\x00\x00\x00\x08" + strings.Repeat("\x00\x00\x00\x01\x00", 1000), class: corrupt, says: "wrong length"},
		{file: "bomb.json.gz", text: strings.Repeat(gzipped(t, strings.Repeat("\n", 1<<20)), 5), class: corrupt, says: "maxDecompressedBytes"},
		{file: "bomb.json.zst", text: zstandard(t, strings.Repeat(`{"s":"`+strings.Repeat("x", 1000)+"\"}\n", 5000)), class: corrupt, says: "maxDecompressedBytes"},
		{file: "bomb of a line.json.gz", text: gzipped(t, strings.Repeat("[", 5<<20)), class: corrupt, says: "maxDecompressedBytes"},
	}
}

func TestPackedFilesThatNobodyWants(t *testing.T) {
	c := cage{
		format: "json", schema: jsonSchema, options: map[string]string{"maxDecompressedBytes": "1m"}, good: goodJSON, records: 2, beasts: packedBeasts(t),
	}
	visitAll(t, map[string]cage{"packed": c})
}

// A file of some kilobytes that unpacks to gigabytes costs time, and no memory.
func TestBombsCostNoMemory(t *testing.T) {
	const member = 16 << 20
	for name, c := range map[string]struct {
		text         string
		short, large int // members of the bomb
	}{
		"one line": {"\x00", 4, 640}, "blank lines": {"\n", 4, 64}, "nested": {"[", 4, 64},
	} {
		members := c.short
		if *long {
			members = c.large
		}
		bomb := strings.Repeat(gzipped(t, strings.Repeat(c.text, member)), members)
		k := newKeeper(t, volumes.NewSpaceOn(volumestest.NewMemory()))
		k.land("bombs", "bomb.json.gz", bomb)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fates, err := k.run("bombs", cage{format: "json", schema: jsonSchema})
		runtime.ReadMemStats(&after)
		if fate := fates["bomb.json.gz"]; err != nil || fate.Read != fate.Corrupt || fate.Read > 1 {
			t.Errorf("%s: %v, %v", name, fate, err)
		}
		used := after.TotalAlloc - before.TotalAlloc
		if used > 150<<20 {
			t.Errorf("%s: %d MB were allocated", name, used>>20)
		}
		t.Logf("%s: %s of %d MB unpacked, %d MB allocated", name, fmt.Sprintf("%d kB", len(bomb)>>10), members*member>>20, used>>20)
	}
}
