package volumes_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/volumes"
)

// The first three are Spark's own answers; the others follow java.net.URI's rules for a path.
func TestEncodePathQuotesAsSparkDoes(t *testing.T) {
	for path, want := range map[string]string{
		"/flat/plain.json":      "/flat/plain.json",
		"/flat/a b.json":        "/flat/a%20b.json",
		"/flat/ü%20x.json":      "/flat/ü%2520x.json",
		"day=2025-01-01/a+b":    "day=2025-01-01/a+b",
		"a:b@c&d=e+f$g,h;i":     "a:b@c&d=e+f$g,h;i",
		"-_.!~*'()":             "-_.!~*'()",
		`a?b#c"d<e>f[g]h{i}|\^`: "a%3Fb%23c%22d%3Ce%3Ef%5Bg%5Dh%7Bi%7D%7C%5C%5E",
		"\x00\n\x7f":            "%00%0A%7F",
		"日本語🙂":                  "日本語🙂",
		"\u00a0\u2028\u0085":    "%C2%A0%E2%80%A8%C2%85",
		"broken\xff":            "broken%FF",
	} {
		if got := volumes.EncodePath(path); got != want {
			t.Errorf("EncodePath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestDecodePathUndoesEncodePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := string(rapid.SliceOf(rapid.Byte()).Draw(t, "path"))
		encoded := volumes.EncodePath(path)
		if got, err := volumes.DecodePath(encoded); err != nil || got != path {
			t.Fatalf("%q is written %q, which reads as %q, %v", path, encoded, got, err)
		}
	})
}

func TestDecodePathRefusesBrokenEscapes(t *testing.T) {
	for _, text := range []string{"%", "a%2", "%zz", "%2", "%%20", "% 20"} {
		if got, err := volumes.DecodePath(text); err == nil {
			t.Errorf("DecodePath(%q) = %q", text, got)
		}
	}
}

func FuzzDecodePath(f *testing.F) {
	for _, text := range []string{"a%20b", "%", "ü%2520x", "%c3%bc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := volumes.DecodePath(text)
		if err != nil {
			return
		}
		if strings.Count(text, "%")*2 != len(text)-len(path) {
			t.Fatalf("%q decodes to %q", text, path)
		}
		if again, err := volumes.DecodePath(volumes.EncodePath(path)); err != nil || again != path {
			t.Fatalf("%q does not come back: %q, %v", path, again, err)
		}
	})
}
