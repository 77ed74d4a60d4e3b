package testsuite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lakehouse/medallion"
)

// Golden compares tables with files that hold what they should be: the columns as DDL, and a line a row, sorted. With Update set,
// as by a flag of the test, the files are written instead; a person reads the diff.
//
//	var update = flag.Bool("update", false, "rewrite the golden tables")
//	…
//	golden := testsuite.Golden{Dir: "testdata", Update: *update}
//	if err := golden.Check(ctx, session, "revenue", "SELECT * FROM revenue"); err != nil { t.Error(err) }
type Golden struct {
	Dir    string // of the files: <Dir>/<name>.golden
	Update bool
}

// ErrNoGolden is that there is no file to compare with.
var ErrNoGolden = errors.New("there is no golden table")

// Check compares the rows of a query with the golden table of that name.
func (g Golden) Check(ctx context.Context, s *medallion.Session, name, query string) error {
	got, err := tableText(ctx, s, query)
	if err != nil {
		return err
	}
	file := filepath.Join(g.Dir, name+".golden")
	if g.Update {
		if err := os.MkdirAll(g.Dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(got), 0o600)
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w %s: run the test with its update flag, and read what it wrote", ErrNoGolden, file)
	}
	if err != nil {
		return err
	}
	if got != string(want) {
		return fmt.Errorf("%s is not as %s has it:\n%s", query, file, difference(string(want), got))
	}
	return nil
}

// AssertGolden is [Golden.Check] as a step of the suite.
func (s *Suite) AssertGolden(ctx context.Context, g Golden, name, query string) error {
	if err := g.Check(ctx, s.session, name, query); err != nil {
		return fmt.Errorf("Test failed! %w (%s)", err, s.seen()) //nolint:staticcheck // as the other assertions
	}
	s.Say("Validation passed.")
	return nil
}

// tableText is a query's columns and rows as a golden table has them.
func tableText(ctx context.Context, s *medallion.Session, query string) (string, error) {
	frame, err := s.SQL(ctx, query)
	if err != nil {
		return "", err
	}
	schema, err := frame.Schema(ctx)
	if err != nil {
		return "", err
	}
	rows, err := frame.Collect(ctx)
	if err != nil {
		return "", err
	}
	columns := make([]string, len(schema.Fields))
	for i, f := range schema.Fields {
		columns[i] = f.Name + " " + f.Type.String()
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = strings.NewReplacer("\\", `\\`, "\n", `\n`, "\r", `\r`).Replace(rowText(r)) + "\n"
	}
	slices.Sort(lines)
	return strings.Join(columns, ", ") + "\n" + strings.Join(lines, ""), nil
}

// difference shows the lines that only one of two texts has.
func difference(want, got string) string {
	left, right := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	var out strings.Builder
	for _, side := range []struct {
		mark        string
		lines, than []string
	}{{"-", left, right}, {"+", right, left}} {
		counts := map[string]int{}
		for _, l := range side.than {
			counts[l]++
		}
		for _, l := range side.lines {
			if counts[l]--; counts[l] < 0 {
				out.WriteString(side.mark + " " + l)
			}
		}
	}
	return out.String()
}
