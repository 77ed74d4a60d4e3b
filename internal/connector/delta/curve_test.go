package delta

import (
	"testing"

	"pgregory.net/rapid"
)

// Neighbours on Hilbert's curve are neighbours in space, and each place is that of one point.
func TestHilbertNeverJumps(t *testing.T) {
	for _, c := range []struct{ axes, bits int }{{2, 4}, {3, 3}, {4, 2}} {
		points := make([][]uint32, 1<<(c.axes*c.bits))
		for p := range points {
			x := make([]uint32, c.axes)
			for d := range x {
				x[d] = uint32(p) >> (d * c.bits) & (1<<c.bits - 1)
			}
			turned := append([]uint32{}, x...)
			hilbertAxes(turned, c.bits)
			at := interleave(turned, c.bits)
			if points[at] != nil {
				t.Fatalf("%v and %v have one place", x, points[at])
			}
			points[at] = x
		}
		for i := 1; i < len(points); i++ {
			steps := 0
			for d := range points[i] {
				steps += max(int(points[i][d]), int(points[i-1][d])) - min(int(points[i][d]), int(points[i-1][d]))
			}
			if steps != 1 {
				t.Fatalf("%d axes: from %v to %v", c.axes, points[i-1], points[i])
			}
		}
	}
}

// The bounds of ranges rise, and a value's rank is how many of them are not above it.
func TestRanksRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Uint64()).Draw(t, "values")
		ranges := rapid.IntRange(1, 20).Draw(t, "ranges")
		bounds := boundsOf(append([]uint64{}, values...), ranges)
		if len(bounds) >= max(ranges, 1) {
			t.Fatalf("%d bounds for %d ranges", len(bounds), ranges)
		}
		for _, v := range values {
			want := 0
			for _, b := range bounds {
				if b <= v {
					want++
				}
			}
			if got := rankOf(bounds, v); int(got) != want {
				t.Fatalf("rank of %d in %v: %d, want %d", v, bounds, got, want)
			}
		}
	})
}

// Numbers compare as the values they stand for.
func TestNumbersCompareAsTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		if (a < b) != (signed(a) < signed(b)) {
			t.Fatal(a, b)
		}
		x, y := rapid.Float64().Draw(t, "x"), rapid.Float64().Draw(t, "y")
		if x < y && ordered(x) >= ordered(y) {
			t.Fatal(x, y)
		}
	})
}
