package console

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// texts is one column of values, as an operator; "∅" is null.
type texts []string

func (v texts) Schema() types.Struct {
	return types.Struct{Fields: []types.Field{{Name: "value", Type: types.String, Nullable: true}}}
}

func (v texts) Execute(context.Context, int) []batch.Seq {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(v.Schema()))
	for _, s := range v {
		if s == "∅" {
			b.Field(0).AppendNull()
			continue
		}
		b.Field(0).(*array.StringBuilder).Append(s)
	}
	return []batch.Seq{batch.Of(b.NewRecordBatch())}
}

// Batches are printed as Spark prints them.
func TestBatchesArePrintedAsSparkDoes(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]string
		rows    texts
		want    string
	}{
		{
			"plain", nil,
			texts{"a", "∅", "a value of more than twenty letters"},
			"+--------------------+\n|               value|\n+--------------------+\n|                   a|\n|                NULL|\n|a value of more t...|\n+--------------------+\n\n",
		},
		{
			"whole cells stand at the left",
			map[string]string{"truncate": "false"},
			texts{"a", "a value of more than twenty letters"},
			"+-----------------------------------+\n|value                              |\n+-----------------------------------+\n|a                                  |\n|a value of more than twenty letters|\n+-----------------------------------+\n\n",
		},
		{"one row of several", map[string]string{"numRows": "1"}, texts{"a", "b"}, "+-----+\n|value|\n+-----+\n|    a|\n+-----+\nonly showing top 1 row\n\n"},
		{"two rows of several", map[string]string{"numRows": "2"}, texts{"a", "b", "c"}, "+-----+\n|value|\n+-----+\n|    a|\n|    b|\n+-----+\nonly showing top 2 rows\n\n"},
		{"as many as there are", map[string]string{"numRows": "2"}, texts{"a", "b"}, "+-----+\n|value|\n+-----+\n|    a|\n|    b|\n+-----+\n\n"},
		{"none", nil, texts{}, "+-----+\n|value|\n+-----+\n+-----+\n\n"},
		{"what would steer a terminal", nil, texts{"a\x1b[2J\tb\n"}, "+-----------+\n|      value|\n+-----------+\n|a\\e[2J\\tb\\n|\n+-----------+\n\n"},
		{"letters beyond ASCII", nil, texts{"äöü"}, "+-----+\n|value|\n+-----+\n|  äöü|\n+-----+\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := OptionTable.Parse(c.options)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			n, err := NewSink(&out, v, nil).Write(t.Context(), 7, c.rows)
			head := "-------------------------------------------\nBatch: 7\n-------------------------------------------\n"
			if got := out.String(); err != nil || n != int64(len(c.rows)) || got != head+c.want {
				t.Errorf("%d rows, %v:\n%s\nwant:\n%s", n, err, got, head+c.want)
			}
		})
	}
}

// A screen that is gone fails the batch, and nothing is said to be written that was not.
func TestAFailingScreenFailsTheBatch(t *testing.T) {
	v, err := OptionTable.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSink(closed{}, v, nil).Write(t.Context(), 0, texts{"a"}); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

var errClosed = errors.New("the pipe is closed")

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errClosed }
