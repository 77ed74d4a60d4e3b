package main

import (
	"fmt"
	"math"
	"slices"
)

// A sample is what a figure was in each round.
type sample []float64

func (s sample) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// spread is the median distance from the median, as a share of it.
func (s sample) spread() float64 {
	middle := s.median()
	away := make(sample, len(s))
	for i, v := range s {
		away[i] = math.Abs(v - middle)
	}
	if far := away.median(); far != 0 {
		return far / middle
	}
	return 0 // also where the median is 0
}

// medians gives the median of each run of n values; a last, shorter run is left out.
func (s sample) medians(n int) sample {
	var all sample
	for run := range slices.Chunk(s, n) {
		if len(run) == n {
			all = append(all, run.median())
		}
	}
	return all
}

// over divides round by round: both were measured in turn, so that what slowed down a round cancels out.
func (s sample) over(other sample) sample {
	ratios := make(sample, min(len(s), len(other)))
	for i := range ratios {
		ratios[i] = s[i] / other[i]
	}
	return ratios
}

// steadyWithin is the spread up to which a figure may be told.
const steadyWithin = 0.10

func (s sample) steady() bool { return s.spread() <= steadyWithin }

// format prints median and range, and says when the figure is noisy.
func (s sample) format(unit string) string {
	if len(s) == 0 {
		return "–"
	}
	text := digits(s.median()) + unit
	if len(s) > 1 {
		text += fmt.Sprintf(" (%s–%s)", digits(slices.Min(s)), digits(slices.Max(s)))
	}
	if !s.steady() {
		text += fmt.Sprintf(" noisy: ±%.0f %%", s.spread()*100)
	}
	return text
}

// digits prints the median alone.
func (s sample) digits() string { return digits(s.median()) }

// digits prints three significant digits, as far as there are decimals to drop.
func digits(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case math.Abs(v) >= 100:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	case math.Abs(v) >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// A claim is a figure that is required.
type claim struct {
	what string
	need float64
	most bool // the figure may be at most what is needed; else at least
	unit string
	got  sample

	others float64 // the share of the cores' time that others had meanwhile
}

// busyFrom is the share of others from which on a miss may be theirs.
const busyFrom = 0.10

// Verdicts.
const (
	pass  = "PASS"
	miss  = "MISS"
	noisy = "NOISY"
	none  = "NONE"
)

// verdict is told only when the rounds are steady, or all on one side; and a miss only of a machine that had nothing else to do.
func (c claim) verdict() string {
	if len(c.got) == 0 {
		return none
	}
	held := 0
	for _, v := range c.got {
		if c.holds(v) {
			held++
		}
	}
	switch {
	case held > 0 && held < len(c.got) && !c.got.steady():
		return noisy
	case c.holds(c.got.median()):
		return pass
	case c.others >= busyFrom:
		return noisy
	}
	return miss
}

func (c claim) holds(v float64) bool {
	if c.most {
		return v <= c.need
	}
	return v >= c.need
}

func (c claim) String() string {
	bound := "at least"
	if c.most {
		bound = "at most"
	}
	text := fmt.Sprintf("%-5s  %s: %s %s%s, is %s", c.verdict(), c.what, bound, digits(c.need), c.unit, c.got.format(c.unit))
	if c.others >= busyFrom {
		text += fmt.Sprintf("; other processes had %.0f %% of the cores", c.others*100)
	}
	return text
}
