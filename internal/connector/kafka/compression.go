package kafka

import (
	"strconv"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A codec is a way of compressing records, and the levels that Kafka knows of it.
type codec struct {
	kgo         kgo.CompressionCodec
	least, most int             // 0: there are no levels
	level       func(n int) int // of Kafka's the client library's
}

var codecs = map[string]codec{
	"none":   {kgo: kgo.NoCompression()},
	"gzip":   {kgo.GzipCompression(), -1, 9, func(n int) int { return n }},
	"snappy": {kgo: kgo.SnappyCompression()},
	"lz4":    {kgo.Lz4Compression(), 1, 17, func(n int) int { return 1 << (8 + min(n, 9)) }},
	"zstd":   {kgo.ZstdCompression(), -131072, 22, func(n int) int { return int(zstd.EncoderLevelFromZstd(n)) }},
}

// compression is what the options of compression say. A level of another codec than the one that is used is refused.
func compression(v option.Values) (kgo.CompressionCodec, error) {
	used := v.String("kafka.compression.type")
	for name, c := range codecs {
		level := "kafka.compression." + name + ".level"
		if c.most == 0 || !v.Has(level) {
			continue
		}
		if name != used {
			return c.kgo, errclass.InvalidOption.New("option '%s' has no effect with 'kafka.compression.type' %s.", level, used)
		}
		n, err := strconv.Atoi(v.String(level))
		if err != nil || n < c.least || n > c.most || (n == 0 && name == "gzip") {
			return c.kgo, errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be a level from %d to %d.", shortened(v.String(level)), level, c.least, c.most)
		}
		return c.kgo.WithLevel(c.level(n)), nil
	}
	return codecs[used].kgo, nil
}
