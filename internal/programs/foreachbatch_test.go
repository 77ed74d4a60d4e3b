package programs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// foreachAnswers is what Spark said to the programs of §5.6.
type foreachAnswers struct {
	Sink   map[string]any `json:"sink in progress"`
	Orders int64          `json:"orders rows"`
	Items  int64          `json:"items rows"`
	Schema string         `json:"items schema"`
	Folder []string       `json:"items folder (names shortened)"`
	Same   rowsOfBoth     `json:"the same with txnAppId / txnVersion"`

	Calls [][]any    `json:"-"` // its names have commas
	Crash rowsOfBoth `json:"-"`
}

type rowsOfBoth struct {
	Calls []int64 `json:"calls"`
	A     int64   `json:"rows in a"`
	B     int64   `json:"rows in b"`
}

func foreachAnswer(t *testing.T) foreachAnswers {
	t.Helper()
	a := programs.Answer[foreachAnswers](t, "orders", "foreach_batch.json")
	rest := programs.Answer[map[string]json.RawMessage](t, "orders", "foreach_batch.json")
	for name, into := range map[string]any{"calls [batch_id, rows, isStreaming] over two runs": &a.Calls, "crash between the two writes, restart": &a.Crash} {
		if err := json.Unmarshal(rest[name], into); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// threeDays is a lake with the orders of all days in one folder, and the stream of them.
func threeDays(t *testing.T) (*programs.Lake, *medallion.DataFrame) {
	t.Helper()
	l := programs.NewLake(t)
	for i := range 3 {
		day := fmt.Sprintf("day%d.json", i+1)
		l.CopyIn(filepath.Join(realdata.Path(t, "programs", "orders", "input"), day), ordersVolume+"/json_t", day)
	}
	frame, err := l.Session.ReadStream().Format("json").Option("multiline", "true").Schema(ordersSchema).Load(t.Context(), ordersVolume+"/json_t")
	if err != nil {
		t.Fatal(err)
	}
	return l, frame
}

func ended(q *medallion.StreamingQuery, err error) (*medallion.StreamingQuery, error) {
	if err == nil {
		_, err = q.AwaitTermination(context.Background())
	}
	return q, err
}

// A function that writes each batch twice.
func TestForeachBatch(t *testing.T) {
	want := foreachAnswer(t)
	l, frame := threeDays(t)
	var calls []string
	twice := func(ctx context.Context, rows *medallion.DataFrame, id int64) error {
		n, err := rows.Count(ctx)
		streaming, streamErr := rows.IsStreaming(ctx)
		calls = append(calls, fmt.Sprint([]any{id, n, streaming}))
		return errors.Join(err, streamErr,
			rows.Write().Format("delta").Mode("append").Option("path", ordersVolume+"/fb/orders").Save(ctx),
			rows.SelectCols("order_id", "item_id", "price", "quantity").Write().Format("parquet").Mode("append").Option("path", ordersVolume+"/fb/items").Save(ctx))
	}
	var progress *medallion.StreamingQueryProgress
	for range 2 {
		q, err := ended(flatOrders(frame).WriteStream().ForeachBatch(twice).OutputMode("append").Trigger(medallion.Once()).
			Option("checkPointLocation", ordersVolume+"/fb/checkpoint").Start(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if progress == nil {
			progress = q.LastProgress()
		}
	}
	programs.Equal(t, "calls", strings.Join(calls, " "), fmt.Sprint(want.Calls[0]))
	programs.Equal(t, "sink", progress.Sink.Description, want.Sink["description"].(string))
	programs.Equal(t, "rows of the sink", progress.Sink.NumOutputRows, -1)
	programs.Equal(t, "orders", l.Count("delta.`"+ordersVolume+"/fb/orders`"), want.Orders)
	items, err := l.Session.Read().Format("parquet").Load(t.Context(), ordersVolume+"/fb/items")
	if err != nil {
		t.Fatal(err)
	}
	n, err := items.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "items", n, want.Items)
	var tree strings.Builder
	if err := items.PrintSchema(t.Context(), &tree); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "schema of the items", tree.String(), want.Schema)
	// Spark wrote a part for each of its two tasks; here one worker writes one.
	var names []string
	for _, name := range l.Files(ordersVolume + "/fb/items") {
		names = append(names, regexp.MustCompile(`[0-9a-f-]{36}-c000`).ReplaceAllString(name, "<uuid>"))
	}
	for _, name := range names {
		if !slices.Contains(want.Folder, name) {
			t.Errorf("file %s; Spark has %v", name, want.Folder)
		}
	}
}

// A function that fails between its two writes does the first one twice, unless the writes say which they are.
func TestForeachBatchIsAtLeastOnce(t *testing.T) {
	want := foreachAnswer(t)
	for name, c := range map[string]struct {
		idempotent bool
		a, b       int64
	}{"plain": {false, want.Crash.A, want.Crash.B}, "txnAppId": {true, want.Same.A, want.Same.B}} {
		t.Run(name, func(t *testing.T) {
			l, frame := threeDays(t)
			var calls []int64
			write := func(ctx context.Context, rows *medallion.DataFrame, id int64, sink string) error {
				w := rows.Write().Format("delta").Mode("append")
				if c.idempotent {
					w = w.Option("txnAppId", "orders-fb").Option("txnVersion", fmt.Sprint(id))
				}
				return w.Save(ctx, ordersVolume+"/fb/"+sink)
			}
			twice := func(ctx context.Context, rows *medallion.DataFrame, id int64) error {
				calls = append(calls, id)
				if err := write(ctx, rows, id, "a"); err != nil {
					return err
				}
				if len(calls) == 1 {
					return errors.New("between the two writes")
				}
				return write(ctx, rows, id, "b")
			}
			start := func() error {
				_, err := ended(frame.SelectCols("order_id").WriteStream().ForeachBatch(twice).Trigger(medallion.Once()).
					Option("checkpointLocation", ordersVolume+"/fb/checkpoint").Start(t.Context()))
				return err
			}
			if err := start(); !errors.Is(err, errclass.StreamFailed) || !errors.Is(err, errclass.ForeachBatchFailed) {
				t.Fatalf("the failed run: %v", err)
			}
			if err := start(); err != nil {
				t.Fatal(err)
			}
			programs.Equal(t, "calls", fmt.Sprint(calls), fmt.Sprint(want.Crash.Calls))
			programs.Equal(t, "rows in a", l.Count("delta.`"+ordersVolume+"/fb/a`"), c.a)
			programs.Equal(t, "rows in b", l.Count("delta.`"+ordersVolume+"/fb/b`"), c.b)
		})
	}
}

// The same as SQL text: each INSERT counts once a batch.
func TestForeachBatchAsSQL(t *testing.T) {
	l, frame := threeDays(t)
	for _, table := range []string{"a", "b"} {
		if _, err := l.Session.SQL(t.Context(), "CREATE TABLE "+table+" (order_id STRING)"); err != nil {
			t.Fatal(err)
		}
	}
	start := func(script string) error {
		_, err := ended(frame.WriteStream().ForeachBatchSQL("batch", script).Trigger(medallion.Once()).
			Option("checkpointLocation", ordersVolume+"/fb/checkpoint").Start(t.Context()))
		return err
	}
	err := start("INSERT INTO a SELECT order_id FROM batch; SELECT raise_error('between') FROM batch; INSERT INTO b SELECT order_id FROM batch")
	if !errors.Is(err, errclass.ForeachBatchFailed) || !strings.Contains(err.Error(), "statement 2") {
		t.Fatalf("the failed run: %v", err)
	}
	if err := start("INSERT INTO a SELECT order_id FROM batch;\n-- the check is gone\nSELECT 1;\nINSERT INTO b SELECT order_id FROM batch;"); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "rows in a", l.Count("a"), 6)
	programs.Equal(t, "rows in b", l.Count("b"), 6)
	if _, err := l.Session.Table("batch").Count(t.Context()); !errors.Is(err, errclass.TableNotFound) {
		t.Errorf("the view of a batch is seen outside: %v", err)
	}
}
