package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// Files that Spark 4.2 wrote with its rebase modes LEGACY, in three zones, and files of Arrow, are read as Spark reads them: days
// and instants from the year 1 to 1900 (testdata/rebase/*.csv are its answers, sorted).
func TestOldDatesAreReadAsBySpark(t *testing.T) {
	for _, c := range []struct {
		file, answer string
		mode         datetime.RebaseMode
		columns      string
	}{
		{"TIMESTAMP_MICROS-UTC", "TIMESTAMP_MICROS-UTC", "", "idtmn"},
		{"TIMESTAMP_MICROS-Los_Angeles", "TIMESTAMP_MICROS-Los_Angeles", datetime.Exception, "idtmn"}, // the file says how
		{"TIMESTAMP_MILLIS-UTC", "TIMESTAMP_MILLIS-UTC", datetime.Corrected, "idtmn"},
		{"INT96-Paris", "INT96-Paris", "", "idtmn"},
		{"INT96-Los_Angeles", "INT96-Los_Angeles", "", "idtmn"},
		{"foreign", "foreign-LEGACY", datetime.Legacy, "idtmn"},
		{"foreign", "foreign-CORRECTED", "", "idtmn"},
		{"foreign96", "foreign96-LEGACY", datetime.Legacy, "it"},
		{"foreign96", "foreign96-CORRECTED", datetime.Corrected, "it"},
	} {
		t.Run(c.answer, func(t *testing.T) {
			rows, err := rebased(t, c.file, c.columns, ReadOptions{DatetimeRebase: c.mode, Int96Rebase: c.mode})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := os.ReadFile("testdata/rebase/" + c.answer + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(string(answer), "\n")
			slices.Sort(want)
			slices.Sort(rows)
			if len(rows) != len(want) {
				t.Fatalf("%d rows, want %d", len(rows), len(want))
			}
			different := 0
			for i := range rows {
				if rows[i] != want[i] {
					if different++; different < 5 {
						t.Errorf("got %s, want %s", rows[i], want[i])
					}
				}
			}
			if different > 0 {
				t.Errorf("%d of %d differ", different, len(rows))
			}
		})
	}
	for _, file := range []string{"foreign", "foreign96"} {
		columns := map[string]string{"foreign": "id", "foreign96": "it"}[file]
		if _, err := rebased(t, file, columns, ReadOptions{DatetimeRebase: datetime.Exception, Int96Rebase: datetime.Exception}); !errors.Is(err, errclass.ReadAncientDatetime) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// Statistics of days that are read as others rule nothing out.
func TestStatisticsOfOldDatesAreNotBelieved(t *testing.T) {
	for file, believed := range map[string]bool{"TIMESTAMP_MICROS-UTC": false, "foreign": true} {
		data, err := os.ReadFile("testdata/rebase/" + file + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		opts := ReadOptions{Schema: columns("d", types.Date, "t", types.Timestamp)}
		for _, name := range []string{"d", "t"} {
			if s, ok := f.statsOf(&f.footer.groups[0], []string{name}, opts); !ok || (s.Min != nil) != believed || (s.Max != nil) != believed {
				t.Errorf("%s.%s: %+v", file, name, s)
			}
		}
	}
}

// rebased reads the columns of a file, as numbers.
func rebased(t *testing.T, file, columns string, opts ReadOptions) (rows []string, err error) {
	t.Helper()
	data, err := os.ReadFile("testdata/rebase/" + file + ".parquet")
	if err != nil {
		t.Fatal(err)
	}
	all := map[rune]types.Type{'i': types.Integer, 'd': types.Date, 't': types.Timestamp, 'm': types.Timestamp, 'n': types.TimestampNTZ}
	for _, name := range columns {
		opts.Schema.Fields = append(opts.Schema.Fields, types.Field{Name: string(name), Type: all[name]})
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	pieces, err := f.Pieces(opts)
	if err != nil {
		return nil, err
	}
	for _, p := range pieces {
		for b, err := range p.Read(t.Context()) {
			if err != nil {
				return nil, err
			}
			for i := range int(b.NumRows()) {
				var row []string
				for _, c := range b.Columns() {
					row = append(row, fmt.Sprint(numberAt(c, i)))
				}
				rows = append(rows, strings.Join(row, ","))
			}
		}
	}
	return rows, nil
}

func numberAt(c arrow.Array, i int) int64 {
	switch c := c.(type) {
	case *array.Int32:
		return int64(c.Value(i))
	case *array.Date32:
		return int64(c.Value(i))
	case *array.Timestamp:
		return int64(c.Value(i))
	}
	return -1
}
