package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestFiguresOfASample(t *testing.T) {
	for _, c := range []struct {
		name           string
		of             sample
		median, spread float64
	}{
		{"one", sample{4}, 4, 0},
		{"odd", sample{9, 1, 4}, 4, 0.75},
		{"even", sample{4, 1, 2, 8}, 3, 0.5},
		{"an outlier moves neither", sample{10, 11, 10, 9, 1000}, 10, 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.of)
			if got := c.of.median(); got != c.median {
				t.Errorf("median %v, want %v", got, c.median)
			}
			if got := c.of.spread(); math.Abs(got-c.spread) > 1e-12 {
				t.Errorf("spread %v, want %v", got, c.spread)
			}
			if !slices.Equal(c.of, before) {
				t.Errorf("the rounds were put into another order: %v", c.of)
			}
		})
	}
	if !math.IsNaN(sample{}.median()) {
		t.Error("no rounds have a median")
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	slowSecondRound := sample{2, 20, 2}
	if got := slowSecondRound.over(sample{1, 10, 1}); !slices.Equal(got, sample{2, 2, 2}) {
		t.Errorf("ratios %v", got)
	}
	all, some := result{}, result{}
	for round := 1; round <= 4; round++ {
		all.add(round, effort{seconds: float64(round)})
	}
	some.add(2, effort{seconds: 20})
	some.add(4, effort{seconds: 60})
	if got := some.times(&all); !slices.Equal(got, sample{10, 15}) {
		t.Errorf("who takes part in some rounds is compared with these: %v", got)
	}
}

func TestMediansOfRuns(t *testing.T) {
	if got := (sample{1, 2, 3, 7, 8, 9, 100}).medians(3); !slices.Equal(got, sample{2, 8}) {
		t.Errorf("medians %v", got)
	}
}

func TestAVerdictNeedsSteadyRounds(t *testing.T) {
	for _, c := range []struct {
		name string
		got  sample
		most bool
		want string
	}{
		{"reached", sample{2.1, 2, 2.05}, false, pass},
		{"missed", sample{1.1, 1, 1.05}, false, miss},
		{"at most: reached", sample{1.1, 1, 1.05}, true, pass},
		{"at most: missed", sample{2.1, 2, 2.05}, true, miss},
		{"just reached", sample{1.5}, false, pass},
		{"steady, one round on the other side", sample{1.6, 1.55, 1.49}, false, pass},
		{"noisy on both sides", sample{1, 2, 3}, false, noisy},
		{"noisy, but all reach it", sample{2, 3, 5}, false, pass},
		{"noisy, but all miss it", sample{0.2, 0.5, 1.1}, false, miss},
		{"not measured", nil, false, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (claim{need: 1.5, most: c.most, got: c.got}).verdict(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestFiguresAreToldWithTheirRange(t *testing.T) {
	for _, c := range []struct {
		of   sample
		want string
	}{
		{sample{1.2345}, "1.23 s"},
		{sample{0.0123}, "0.012 s"},
		{sample{14.44, 14.56, 15.04}, "14.6 s (14.4–15.0)"},
		{sample{1, 2, 4}, "2.00 s (1.00–4.00) noisy: ±50 %"},
		{sample{1234, 1233}, "1234 s (1233–1234)"},
		{nil, "–"},
	} {
		if got := c.of.format(" s"); got != c.want {
			t.Errorf("%v is told as %q, want %q", c.of, got, c.want)
		}
	}
	busy := claim{need: 1.5, got: sample{1}, others: 0.4}
	if busy.verdict() != noisy || !strings.HasSuffix(busy.String(), "other processes had 40 % of the cores") {
		t.Errorf("a miss on a busy machine is told as %q", busy)
	}
	if busy.got = (sample{2}); busy.verdict() != pass {
		t.Errorf("what is reached in spite of others is told as %q", busy)
	}
	text := claim{what: "start", need: 60, most: true, unit: " ms", got: sample{44}}.String()
	if want := "PASS   start: at most 60.0 ms, is 44.0 ms"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

func TestTurnsAreSpreadOverTheRounds(t *testing.T) {
	for _, c := range []struct {
		rounds, turns int
		want          []int
	}{
		{7, 3, []int{0, 3, 5, 7}},
		{7, 7, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{3, 5, []int{0, 1, 2, 3}},
		{4, 1, []int{0, 4}},
	} {
		var got []int
		for round := range c.rounds + 1 {
			if due(round, c.rounds, c.turns) {
				got = append(got, round)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d turns in %d rounds: %v, want %v", c.turns, c.rounds, got, c.want)
		}
	}
}

func TestTableAlignsByCharacters(t *testing.T) {
	var text strings.Builder
	b := bench{out: &text}
	b.table([][]string{{"engine", "times"}, {"ours", "1×"}, {"é", "±2"}})
	if want := "  engine  times\n  ours    1×\n  é       ±2\n"; text.String() != want {
		t.Errorf("%q, want %q", text.String(), want)
	}
}
