package programs_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

const (
	ordersVolume = "/Volumes/workspace/my-schema/my-volume"
	ordersSchema = `order_id string, timestamp string,
		customer struct<customer_id:int,name:string,email:string,address:struct<city:string,postal_code:string,country:string>>,
		items array<struct<item_id:string,product_name:string,quantity:int,price:double>>,
		payment struct<method:string,transaction_id:string>, metadata array<struct<key:string,value:string>>`
)

// orders is the program's stream from a folder to a sink, both in the volume.
type orders struct {
	*programs.Lake
	source, sink string
	options      []string
}

func (o orders) land(day, name string) {
	o.Helper()
	o.CopyIn(filepath.Join(realdata.Path(o, "programs", "orders", "input"), day), ordersVolume+"/"+o.source, name)
}

func (o orders) start(trigger medallion.Trigger) (*medallion.StreamingQuery, error) {
	o.Helper()
	r := o.Session.ReadStream().Format("json").Option("multiline", "true").Schema(ordersSchema)
	for i := 0; i < len(o.options); i += 2 {
		r = r.Option(o.options[i], o.options[i+1])
	}
	frame, err := r.Load(o.Context(), ordersVolume+"/"+o.source+"/")
	if err != nil {
		return nil, err
	}
	return flatOrders(frame).WriteStream().Format("delta").Trigger(trigger).OutputMode("append").
		Option("path", ordersVolume+"/"+o.sink+"/data").
		Option("checkpointLocation", ordersVolume+"/"+o.sink+"/checkpoint").
		Start(o.Context())
}

// flatOrders makes a row of each item with each of the metadata.
func flatOrders(frame *medallion.DataFrame) *medallion.DataFrame {
	return explodedOrders(frame).
		SelectCols("*", "items.item_id", "items.price", "items.product_name", "items.quantity", "metadata.key", "metadata.value").
		Drop("items", "metadata")
}

// selectedOrders takes the orders' columns out of their structs.
func selectedOrders(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.SelectCols("order_id", "customer.customer_id", "customer.email", "customer.name", "customer.address.city",
		"customer.address.country", "customer.address.postal_code", "payment.method", "payment.transaction_id", "timestamp", "metadata", "items")
}

func explodedOrders(frame *medallion.DataFrame) *medallion.DataFrame {
	return selectedOrders(frame).
		WithColumn("metadata", medallion.ExplodeOuter(medallion.Col("metadata"))).
		WithColumn("items", medallion.ExplodeOuter(medallion.Col("items")))
}

// rows are the sink's, in any order.
func (o orders) rows() []string {
	o.Helper()
	rows := o.Rows("SELECT * FROM delta.`" + ordersVolume + "/" + o.sink + "/data/`")
	slices.Sort(rows)
	return rows
}

// Run once a day, the program gives Spark's rows, and nothing on a day without orders.
func TestOrdersOnceADay(t *testing.T) {
	o := orders{programs.NewLake(t), "json", "sink", nil}
	o.land("day1.json", "day1.json")
	programs.Equal(t, "day 1", programs.Batches(o.Run(o.start(medallion.Once()))), [][2]int64{{0, 3}})
	programs.Equal(t, "rows after day 1", o.rows(), programs.AnswerLines(t, "orders", "once_after_day1.jsonl"))
	programs.Equal(t, "nothing new", programs.Batches(o.Run(o.start(medallion.Once()))), [][2]int64{{1, 0}})
	o.land("day2.json", "day2.json")
	o.land("day3.json", "day3.json")
	q := o.Run(o.start(medallion.Once()))
	programs.Equal(t, "days 2 and 3", programs.Batches(q), [][2]int64{{1, 3}})
	programs.Equal(t, "rows after day 3", o.rows(), programs.AnswerLines(t, "orders", "once_after_day3.jsonl"))
	programs.Equal(t, "status", q.Status(), medallion.StreamingQueryStatus{Message: "Stopped"})
	programs.Equal(t, "is active", q.IsActive(), false)
	o.AssertCheckpoint(ordersVolume+"/sink/checkpoint", programs.Answer[map[string]any](t, "orders", "once_checkpoint.json"))
	var tree strings.Builder
	if err := o.Session.Table("delta.`"+ordersVolume+"/sink/data/`").PrintSchema(t.Context(), &tree); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "schema of the sink", strings.TrimSpace(tree.String()), strings.TrimSpace(programs.AnswerText(t, "orders", "once_sink_schema.txt")))
}

// What the program declares and infers has Spark's schemas, at each of its steps.
func TestOrdersSchemas(t *testing.T) {
	o := orders{programs.NewLake(t), "json", "", nil}
	o.land("day1.json", "day1.json")
	frame, err := o.Session.Read().Format("json").Option("inferSchema", "true").Option("multiline", "true").Load(t.Context(), ordersVolume+"/json/day1.json")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := o.Session.ReadStream().Format("json").Option("multiline", "true").Schema(ordersSchema).Load(t.Context(), ordersVolume+"/json/")
	if err != nil {
		t.Fatal(err)
	}
	atRest := programs.Answer[map[string]string](t, "orders", "batch_schemas.json")
	flowing := programs.Answer[map[string]string](t, "orders", "stream_schema.json")
	for _, c := range []struct {
		step  string
		frame *medallion.DataFrame
		want  string
	}{
		{"as read (inferred)", frame, atRest["as read (inferred)"]},
		{"after select", selectedOrders(frame), atRest["after select"]},
		{"after explode", explodedOrders(frame), atRest["after explode"]},
		{"final", flatOrders(frame), atRest["final"]},
		{"declared", stream, flowing["declared"]},
	} {
		var tree strings.Builder
		if err := c.frame.PrintSchema(t.Context(), &tree); err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			t.Fatalf("no answer for %q", c.step)
		}
		programs.Equal(t, c.step, strings.TrimSpace(tree.String()), strings.TrimSpace(c.want))
	}
	var shown strings.Builder
	shown.WriteString("as read\n")
	if err := frame.Show(t.Context(), &shown); err != nil {
		t.Fatal(err)
	}
	shown.WriteString("final, in Spark's own row order\n")
	if err := flatOrders(frame).ShowRows(t.Context(), &shown, medallion.ShowOptions{Full: true}); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "what show prints", "\n"+strings.TrimSpace(shown.String()), "\n"+strings.TrimSpace(programs.AnswerText(t, "orders", "batch_show.txt")))
}

// An interval that Spark does not take is refused here too, before the query starts.
func TestBadIntervalsAreRefused(t *testing.T) {
	captured := programs.Answer[struct {
		Bad []struct{ Stage string } `json:"bad intervals"`
	}](t, "orders", "triggers.json")
	tried := 0
	for _, bad := range captured.Bad {
		_, interval, ok := strings.Cut(bad.Stage, "'processingTime': '")
		interval = strings.TrimSuffix(interval, "'})")
		if !ok || interval == "" { // the others cannot be said in Go; an empty text is the default trigger
			continue
		}
		tried++
		if got, err := medallion.ParseTrigger(interval); !errors.Is(err, errclass.CannotParseInterval) {
			t.Errorf("%q is taken for %v, %v", interval, got, err)
		}
	}
	programs.Equal(t, "bad intervals", tried, 3)
}

// At rest, the inferred orders have Spark's schemas, rows and their order.
func TestOrdersInferredAtRest(t *testing.T) {
	o := orders{programs.NewLake(t), "json", "", nil}
	o.land("day1.json", "day1.json")
	frame, err := o.Session.Read().Format("json").Option("inferSchema", "true").Option("multiline", "true").Load(t.Context(), ordersVolume+"/json/day1.json")
	if err != nil {
		t.Fatal(err)
	}
	for file, f := range map[string]*medallion.DataFrame{"batch_as_read.jsonl": frame, "batch_final.jsonl": flatOrders(frame)} {
		rows, err := f.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, len(rows))
		for i, r := range rows {
			got[i] = programs.JSONText(t, programs.Plain(r))
		}
		slices.Sort(got)
		programs.Equal(t, file, strings.Join(got, "\n"), strings.Join(programs.AnswerLines(t, "orders", file), "\n"))
	}
}

// Each step of the archive program leaves Spark's rows, landing folder and archive.
func TestOrdersArchiveSteps(t *testing.T) {
	o := orders{programs.NewLake(t), "json_new", "sink_new", []string{"cleanSource", "archive", "SourceArchiveDir", ordersVolume + "/archive"}}
	steps := programs.Answer[[]map[string]any](t, "orders", "archive_steps.json")
	for i, run := range []struct {
		day, name string
		trigger   medallion.Trigger
	}{
		{"day1.json", "day1.json", medallion.Once()},
		{"", "", medallion.Once()},
		{"day1.json", "day1.json", medallion.Once()},
		{"day2.json", "day2.json", medallion.Once()},
		{"day1.json", "day1.json", medallion.Once()},
		{"day3.json", "day3.json", medallion.Once()},
		{"", "", medallion.Once()},
		{"", "", medallion.AvailableNow()},
		{"day2.json", "day4.json", medallion.AvailableNow()},
	} {
		want := steps[i]
		if run.day != "" {
			o.land(run.day, run.name)
		}
		q := o.Run(o.start(run.trigger))
		got := map[string]any{
			"step":                     want["step"],
			"progress (batchId, rows)": programs.Batches(q),
			"rows in sink":             len(o.rows()),
			"json_new":                 o.Files(ordersVolume + "/json_new"),
			"archive":                  o.Files(ordersVolume + "/archive"),
		}
		programs.Equal(t, "step", programs.JSONText(t, got), programs.JSONText(t, want))
	}
	programs.Equal(t, "rows", strings.Join(o.rows(), "\n"), strings.Join(programs.AnswerLines(t, "orders", "archive_sink.jsonl"), "\n"))
}

// The triggers cut the three files into Spark's batches.
func TestOrdersBatchesByTrigger(t *testing.T) {
	captured := programs.Answer[map[string]any](t, "orders", "triggers.json")
	for _, c := range []struct {
		name    string
		trigger medallion.Trigger
		limit   string
	}{
		{"once + maxFilesPerTrigger 1", medallion.Once(), "1"},
		{"availableNow", medallion.AvailableNow(), ""},
		{"availableNow + maxFilesPerTrigger 1", medallion.AvailableNow(), "1"},
		{"availableNow + maxFilesPerTrigger 2", medallion.AvailableNow(), "2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := orders{programs.NewLake(t), "json_t", "sink_t", nil}
			if c.limit != "" {
				o.options = []string{"maxFilesPerTrigger", c.limit}
			}
			for _, day := range []string{"day1.json", "day2.json", "day3.json"} {
				o.land(day, day)
			}
			q := o.Run(o.start(c.trigger))
			programs.Equal(t, "batches", programs.JSONText(t, programs.Batches(q)), programs.JSONText(t, captured[c.name]))
		})
	}
}
