package files

import (
	"strings"
	"testing"
	"time"
)

func TestMatchGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.json", "a.json", true},
		{"*.json", "a.json.gz", false},
		{"a*b*c", "axxbyybzc", true},
		{"a*b*c", "axxbyybz", false},
		{"?", "ü", true},
		{"??", "ü", false},
		{"[a-c]x", "bx", true},
		{"[^a-c]x", "bx", false},
		{"[!a]x", "bx", true},
		{"[]]", "]", true},
		{"{a,b{c,d}}.x", "bd.x", true},
		{"{a,b{c,d}}.x", "b.x", false},
		{"{a,}x", "x", true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{"[a", "a", false},
		{"{a", "a", false},
		{"", "", true},
		{"*", "", true},
	} {
		if got := MatchGlob(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: got %v", c.pattern, c.name, got)
		}
	}
}

// A hostile pattern takes no longer than its length and that of the name allow.
func TestHostileGlobsEnd(t *testing.T) {
	start := time.Now()
	MatchGlob(strings.Repeat("*a", 500), strings.Repeat("a", 5000)+"b")
	MatchGlob(strings.Repeat("{a,b}", 100), "x")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzMatchGlob(f *testing.F) {
	f.Add("*.{json,csv}[a-z]?", "a.jsonb1")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern)+len(name) > 500 {
			return
		}
		MatchGlob(pattern, name)
		if !isGlob(pattern) && MatchGlob(pattern, name) != (pattern == name) {
			t.Fatalf("%q and %q", pattern, name)
		}
	})
}
