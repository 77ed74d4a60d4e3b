package zoo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/stream"
	"lakehouse/layers"
	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Of random files of whole and broken records, landing batch after batch, each record is in the table once, whole or
// corrupt, or was dropped; and the progress tells which, file by file.
func TestEveryRecordOfAStreamIsAccountedFor(t *testing.T) {
	files := 0
	rapid.Check(t, func(r *rapid.T) {
		mode := rapid.SampledFrom(modes[:2]).Draw(r, "mode")
		c := cage{format: "json", schema: "n bigint, s string"}
		if rapid.Bool().Draw(r, "corrupt column") {
			c.schema += ", _corrupt_record string"
		}
		options := map[string]string{"mode": mode, "maxFilesPerTrigger": fmt.Sprint(rapid.IntRange(1, 4).Draw(r, "files a batch"))}
		k := newKeeper(t, volumes.NewSpaceOn(volumestest.NewMemory()))
		defer k.Close()
		whole, want := int64(0), map[string]stream.FileProgress{}
		got := map[string]stream.FileProgress{}
		for i := range rapid.IntRange(1, 3).Draw(r, "runs") {
			for j := range rapid.IntRange(1, 5).Draw(r, "files") {
				name := fmt.Sprintf("%d-%d.json", i, j)
				var text strings.Builder
				var f stream.FileProgress
				for range rapid.IntRange(0, 8).Draw(r, "records") {
					bad := rapid.Bool().Draw(r, "bad")
					f.Read++
					switch {
					case !bad:
						whole++
						fmt.Fprintf(&text, "{\"n\":%d,\"s\":\"whole\"}\n", whole)
					case mode == "DROPMALFORMED":
						f.Dropped++
						text.WriteString("{\"n\":\n")
					default:
						f.Corrupt++
						text.WriteString("{\"n\":\"x\"}\n")
					}
				}
				k.land("random", name, text.String())
				want[name] = f
				files++
			}
			fates, err := k.run("random", c, options)
			if err != nil {
				r.Fatal(err)
			}
			for name, f := range fates {
				if _, twice := got[name]; twice {
					r.Fatalf("%s was read twice", name)
				}
				f.Path = ""
				got[name] = f
			}
		}
		if !maps.Equal(got, want) {
			r.Fatalf("got %v, want %v", got, want)
		}
		var sum stream.FileProgress
		for _, f := range want {
			sum.Corrupt += f.Corrupt
		}
		rows, kept := k.number("SELECT count(*) FROM random"), k.number("SELECT count(DISTINCT n) FROM random WHERE s = 'whole'")
		if kept != whole || rows != whole+sum.Corrupt {
			r.Fatalf("%d rows, %d of them whole; want %d and %d", rows, kept, whole+sum.Corrupt, whole)
		}
	})
	t.Logf("zoo: %d random files were accounted for", files)
}

// What the bronze layer reads of the invoices is what lies in its table, and each file that had something wrong is named.
func TestTheBronzeLayerAccountsForItsFiles(t *testing.T) {
	var reports []medallion.StreamingQueryProgress
	store := volumestest.NewMemory()
	session, err := medallion.NewSession(medallion.Options{
		Space: volumes.NewSpaceOn(store), OnProgress: func(p medallion.StreamingQueryProgress) { reports = append(reports, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for name, text := range map[string]string{
		"good.json":  "{\"InvoiceNumber\":\"1\",\"TotalAmount\":1.5}\n{\"InvoiceNumber\":\"2\"}\n",
		"bad.json":   "{\"InvoiceNumber\":\"3\"}\n{\"InvoiceNumber\":\n{\"InvoiceNumber\":\"4\",\"TotalAmount\":\"much\"}\n",
		"empty.json": "",
	} {
		if err := store.Put(t.Context(), layers.InvoicesBase[1:]+"/data/invoices/"+name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	pipeline := layers.Invoices()
	q, err := pipeline.StartLayer(t.Context(), session, pipeline.Of("bronze")[0], layers.Settings{Trigger: medallion.AvailableNow()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.AwaitTermination(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := session.Table("invoices_bz").Count(t.Context())
	if err != nil || rows != 5 {
		t.Errorf("%d rows, %v", rows, err)
	}
	var faulty []string
	for _, p := range reports {
		for _, f := range p.Faulty() {
			faulty = append(faulty, f.String())
		}
	}
	if want := []string{"file://" + layers.InvoicesBase + "/data/invoices/bad.json: 3 records, 2 corrupt, 0 dropped"}; !slices.Equal(faulty, want) {
		t.Errorf("got %q, want %q", faulty, want)
	}
	last := q.LastProgress()
	if m := last.Sources[0].Metrics; m[stream.MetricRecordsRead] != "5" || m[stream.MetricRecordsCorrupt] != "2" || m[stream.MetricRecordsDropped] != "0" || m[stream.MetricFilesRead] != "3" {
		t.Errorf("metrics %v", m)
	}
	if len(last.Sources[0].Files) != 3 || strings.Contains(last.JSON(), "bad.json") {
		t.Errorf("files %v, in JSON %s", last.Sources[0].Files, last.JSON())
	}
}

// A source that a query reads twice is accounted for once, and reports that are no longer the newest name only faulty files.
func TestAccountsAreNotDoubled(t *testing.T) {
	k := newKeeper(t, volumes.NewSpaceOn(volumestest.NewMemory()))
	k.land("twice", "a.json", "{\"n\":1}\n")
	k.land("twice", "b.json", "{\"n\":\n")
	frame, err := k.ReadStream().Format("json").Schema("n bigint").Option("maxFilesPerTrigger", "1").Load(t.Context(), volume+"/twice")
	if err != nil {
		t.Fatal(err)
	}
	q, err := frame.Union(frame).WriteStream().Trigger(medallion.AvailableNow()).Option("checkpointLocation", "/Volumes/zoo/main/cp").ToTable(t.Context(), "twice")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.AwaitTermination(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range k.reports {
		for _, s := range p.Sources {
			if len(s.Files) != 1 || s.Files[0].Read != 1 || s.Metrics[stream.MetricRecordsRead] != "1" {
				t.Errorf("batch %d: %v, %v", p.BatchID, s.Files, s.Metrics)
			}
		}
	}
	recent := q.RecentProgress()
	if len(recent) != 2 || len(recent[0].Sources[0].Files) != 0 || len(recent[1].Sources[0].Files) != 1 {
		t.Errorf("remembered: %+v", recent)
	}
}
