package sql

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
)

// Every query that Spark documents its functions with parses, and prints as text that parses to the
// same tree. TIME literals are refused by name.
func TestSparksOwnExamplesParse(t *testing.T) {
	file, err := os.Open(realdata.Path(t, "spark-functions", "functions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	parsed, refused := 0, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var example struct{ SQL string }
		if err := json.Unmarshal(lines.Bytes(), &example); err != nil {
			t.Fatal(err)
		}
		tree, err := Parse(example.SQL)
		switch {
		case err == nil:
			parsed++
			checkRoundTrip(t, example.SQL, tree)
		case errors.Is(err, errclass.UnsupportedTimeType):
			refused++
		default:
			t.Errorf("%s\n%v", example.SQL, err)
		}
	}
	t.Logf("%d parsed, %d refused by name", parsed, refused)
	if parsed < 1150 || refused > 60 {
		t.Errorf("%d parsed, %d refused by name", parsed, refused)
	}
}

func checkRoundTrip(t *testing.T, text string, tree any) {
	t.Helper()
	printed := Format(tree)
	again, err := Parse(printed)
	if err != nil || !same(tree, again) {
		t.Errorf("%q\nprinted as %q,\nwhich reads as %v, %v", text, printed, Format(again), err)
	}
}
