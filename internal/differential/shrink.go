package differential

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Shrink makes a case that differs smaller as long as it still does. Each round asks about all that may be left out at once.
func Shrink(c Case, differ func([]Case) ([]bool, error)) (Case, error) {
	for round := range 40 {
		candidates := smaller(c)
		for i := range candidates {
			candidates[i].Name = fmt.Sprintf("%s/%d.%d", c.Name, round, i)
		}
		differs, err := differ(candidates)
		if err != nil {
			return c, err
		}
		best, found := c, false
		for i, s := range candidates {
			if differs[i] && s.Size() < best.Size() {
				best, found = s, true
			}
		}
		if !found {
			break
		}
		best.Name = c.Name
		c = best
	}
	return c, nil
}

// DifferFrom compares ours with Spark, case by case; folder gives an empty one each time.
func DifferFrom(ctx context.Context, spark Spark, folder func() string) func([]Case) ([]bool, error) {
	return func(cases []Case) ([]bool, error) {
		answers, err := spark.Answers(ctx, cases)
		differs := make([]bool, len(cases))
		for i, c := range cases {
			if a, ok := answers[c.Name]; ok {
				differs[i] = Difference(a, Ours(ctx, c, folder())) != ""
			}
		}
		return differs, err
	}
}

// most is how many smaller cases a round asks of Spark.
const most = 24

// smaller are cases with something left out: a run, a batch, half of the rows, a row; a WHERE, a column.
func smaller(c Case) []Case {
	var out []Case
	add := func(change func(*Case)) {
		s := c.Clone()
		change(&s)
		s.Runs = slices.DeleteFunc(s.Runs, func(r Run) bool { return len(r) == 0 })
		if len(s.Runs) > 0 && s.Size() < c.Size() {
			out = append(out, s)
		}
	}
	for i := range c.Runs {
		add(func(s *Case) { s.Runs = slices.Delete(s.Runs, i, i+1) })
		if i > 0 {
			add(func(s *Case) { s.Runs[i-1] = append(s.Runs[i-1], s.Runs[i]...); s.Runs = slices.Delete(s.Runs, i, i+1) })
		}
		for j, files := range c.Runs[i] {
			add(func(s *Case) { s.Runs[i] = slices.Delete(s.Runs[i], j, j+1) })
			for _, name := range slices.Sorted(maps.Keys(files)) {
				n := len(files[name])
				if n > 3 {
					add(func(s *Case) { s.Runs[i][j][name] = s.Runs[i][j][name][:n/2] })
					add(func(s *Case) { s.Runs[i][j][name] = s.Runs[i][j][name][n/2:] })
				}
				for k := range n {
					add(func(s *Case) { s.Runs[i][j][name] = slices.Delete(s.Runs[i][j][name], k, k+1) })
				}
			}
		}
	}
	for i, v := range c.Views {
		if at := strings.Index(v.SQL, " WHERE "); at > 0 && !strings.Contains(v.SQL[at:], "GROUP BY") && !strings.Contains(v.SQL, "FILTER") {
			add(func(s *Case) { s.Views[i].SQL = v.SQL[:at] })
		}
		for part := range strings.SplitSeq(v.SQL, ", ") {
			if strings.Contains(part, " AS ") && !strings.HasPrefix(part, "SELECT") {
				add(func(s *Case) {
					s.Views[i].SQL = strings.Replace(v.SQL, ", "+strings.SplitN(part, " FROM ", 2)[0], "", 1)
				})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Case) int { return a.Size() - b.Size() })
	return out[:min(len(out), most)]
}

// Explain tells what both made of a case, batch by batch.
func Explain(ctx context.Context, spark Spark, c Case, folder string) string {
	answers, err := spark.Answers(ctx, []Case{c})
	if err != nil {
		return err.Error()
	}
	return "Spark: " + text(answers[c.Name]) + "\nours:  " + text(Ours(ctx, c, folder))
}
