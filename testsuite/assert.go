package testsuite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"lakehouse/internal/types"
	"lakehouse/medallion"
)

// AssertCount asserts how many rows a table holds.
func (s *Suite) AssertCount(ctx context.Context, table string, want int64) error {
	return s.AssertQuery(ctx, "SELECT count(*) FROM "+table, fmt.Sprint(want))
}

// AssertQuery asserts the rows of a query, in any order, each given as its values with ", " between, as Spark prints
// them: "A, 1, 2.5". A null is "null".
func (s *Suite) AssertQuery(ctx context.Context, sql string, want ...string) error {
	rows, err := s.rows(ctx, sql)
	if err != nil {
		return err
	}
	want = slices.Clone(want)
	slices.Sort(want)
	if !slices.Equal(rows, want) {
		return s.failure(sample(want, rows), sample(rows, want))
	}
	s.Say("Validation passed.")
	return nil
}

// sample shows what of a has no match in b: the whole of long results would help nobody.
func sample(a, b []string) string {
	left := map[string]int{}
	for _, row := range b {
		left[row]++
	}
	var odd []string
	for _, row := range a {
		if left[row]--; left[row] < 0 {
			odd = append(odd, row)
		}
	}
	const most = 10
	text := fmt.Sprintf("%d rows", len(a))
	if len(odd) > 0 {
		text += " with [" + strings.Join(odd[:min(most, len(odd))], "] [") + "]"
	}
	if len(odd) > most {
		text += fmt.Sprintf(" and %d more", len(odd)-most)
	}
	return text
}

func (s *Suite) rows(ctx context.Context, sql string) ([]string, error) {
	frame, err := s.session.SQL(ctx, sql)
	if err != nil {
		return nil, err
	}
	collected, err := frame.Collect(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]string, len(collected))
	for i, r := range collected {
		rows[i] = rowText(r)
	}
	slices.Sort(rows)
	return rows, nil
}

// AssertSchema asserts a table's columns and types, given as DDL. Nullability is left aside.
func (s *Suite) AssertSchema(ctx context.Context, table, ddl string) error {
	want, err := medallion.ParseSchema(ddl)
	if err != nil {
		return err
	}
	have, err := s.session.Table(table).Schema(ctx)
	if err != nil {
		return err
	}
	if !types.EqualIgnoringNullability(want, have) {
		return s.failure(want, have)
	}
	s.Say("Validation passed.")
	return nil
}

// AssertFiles asserts the names in a folder, such as the archive; none: the folder is empty or not there.
func (s *Suite) AssertFiles(ctx context.Context, folder string, want ...string) error {
	entries, err := s.session.FS().Ls(ctx, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	have := []string{}
	for _, e := range entries {
		if !e.IsDir {
			have = append(have, e.Name)
		}
	}
	want = append([]string{}, want...)
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		return s.failure(want, have)
	}
	s.Say("Validation passed.")
	return nil
}
