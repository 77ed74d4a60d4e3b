package errclass

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest orders the candidates by edit distance from name, letter case aside, as Spark orders
// its suggestions, and gives at most n of them.
func Nearest(name string, candidates []string, n int) []string {
	type scored struct {
		name     string
		distance int
	}
	all := make([]scored, len(candidates))
	for i, c := range candidates {
		all[i] = scored{c, distance(strings.ToLower(name), strings.ToLower(c))}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	all = all[:min(n, len(all))]
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.name
	}
	return names
}

// DidYouMean gives "Did you mean `x`?" where a candidate is close enough to be a slip of the
// fingers, and nothing otherwise.
func DidYouMean(name string, candidates []string) string {
	near := Nearest(name, candidates, len(candidates))
	if len(near) == 0 {
		return ""
	}
	found := near[0]
	slips := distance(strings.ToLower(name), strings.ToLower(found))
	if slips > max(2, len(name)/3) || slips >= max(len(name), len(found)) { // the last: no letter in common
		return ""
	}
	swapped := func(other string) bool {
		return letters(other) == letters(name) && distance(strings.ToLower(name), strings.ToLower(other)) == slips
	}
	if i := slices.IndexFunc(near, swapped); i >= 0 { // of those equally near, two letters swapped is the likeliest slip
		found = near[i]
	}
	return "Did you mean `" + found + "`?"
}

// letters are the letters of a name in their order, letter case aside.
func letters(name string) string {
	all := []byte(strings.ToLower(name))
	slices.Sort(all)
	return string(all)
}

// Slip finds the candidate that differs from name in at most two letters, or in letter case alone: in long names of
// many parts, what [DidYouMean] would take for near is often another name.
func Slip(name string, candidates []string) (string, bool) {
	near := Nearest(name, candidates, 1)
	const most = 2
	if len(near) == 0 || distance(strings.ToLower(name), strings.ToLower(near[0])) > most {
		return "", false
	}
	return near[0], true
}

// distance is Levenshtein's, over bytes: names are short and mostly ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, above, row[j])
			}
			row[j+1], diagonal = cost, above
		}
	}
	return row[len(b)]
}
