package deltalog

import (
	"testing"

	"pgregory.net/rapid"
)

// Fates are what a map of them would hold.
func TestFatesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fates
		want := map[fateKey]fate{}
		keys := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fateKey { // many share a slot, and some half a key
			return fateKey{rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<64 - 1}).Draw(t, "high"), rapid.Uint64Range(0, 40).Draw(t, "low")}
		}), 1, 400).Draw(t, "keys")
		for i, key := range keys {
			to := fateOf(int64(i), i%3 > 0)
			f.set(key, to)
			want[key] = to
		}
		var added, removed int64
		for key, to := range want {
			if got := f.of(key); got != to {
				t.Fatalf("%v: %d, want %d", key, got, to)
			}
			if to.added() {
				added++
			} else {
				removed++
			}
		}
		if f.added != added || f.removed != removed {
			t.Fatalf("%d added and %d removed, want %d and %d", f.added, f.removed, added, removed)
		}
		if f.of(fateKey{7, 7 << 40}) != 0 {
			t.Fatal("a file that nothing was told of has a fate")
		}
	})
}
