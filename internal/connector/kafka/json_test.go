package kafka

import (
	"maps"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func emptyStore() volumes.Store { return volumestest.NewMemory() }

// Offsets are written as Spark's JsonUtils writes them, in the order of Scala's hash maps: the lines of the file are Spark 4.2's.
func TestOffsetsAreWrittenAsSparkDoes(t *testing.T) {
	text, err := os.ReadFile("testdata/offsets.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		o, err := parseOffsets(line)
		if err != nil {
			t.Fatal(err)
		}
		equalText(t, "offsets", string(o.json()), line)
		n++
	}
	if n < 10 {
		t.Errorf("there are only %d lines", n)
	}
}

// What is written is read as the same offsets.
func TestOffsetsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := offsets{}
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			o[topicPartition{rapid.StringMatching(`[a-zA-Z0-9._-]{1,4}`).Draw(t, "topic"), rapid.Int32Range(0, 100).Draw(t, "partition")}] = rapid.Int64Range(0, 1<<62).Draw(t, "offset")
		}
		again, err := parseOffsets(string(o.json()))
		if err != nil || !maps.Equal(o, again) {
			t.Fatalf("%s: %v", o.json(), err)
		}
	})
}

// Whatever stands in a checkpoint is offsets or an error; offsets are written so that they are read again.
func FuzzOffsets(f *testing.F) {
	for _, text := range []string{`{"t":{"0":1,"1":5}}`, `{}`, `{"t":{}}`, `{"a":{"65537":2},"b":{"1":-1}}`, `{"t":{"0":-2}}`, `{"t":null}`, `[`, `{"t":{"x":1}}`, "{\"\\ud800\":{\"0\":1}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parsePartitions(text); err == nil && !strings.Contains(text, "{") {
			t.Fatalf("%q is taken for partitions", text)
		}
		if o, err := parseInitial("sources/0/0", []byte(text)); err == nil {
			for p, offset := range o {
				if offset < 0 || p.partition < 0 {
					t.Fatalf("%q: %v is at %d", text, p, offset)
				}
			}
		}
		o, err := parseOffsets(text)
		if err != nil {
			return
		}
		again, err := parseOffsets(string(o.json()))
		if err != nil || !maps.Equal(o, again) {
			t.Fatalf("%q is written as %s, which is %v, %v", text, o.json(), again, err)
		}
	})
}

func TestDoubleText(t *testing.T) {
	for want, d := range map[string]float64{"0.0": 0, "27.666666666666668": 83.0 / 3, "-1.5": -1.5, "1.0E7": 1e7, "9999999.5": 9999999.5, "1.2345678E8": 123456780, "0.001": 0.001, "5.0E-4": 0.0005} {
		equalText(t, "double", doubleText(d), want)
	}
}
