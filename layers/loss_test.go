package layers

import (
	"path"
	"strings"
	"testing"

	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// lossTables and lossCheckpoints are where the pipeline keeps what is lost below.
const (
	lossTables      = "user/hive/warehouse/"
	lossCheckpoints = "FileStore/spark_structured_streaming/chekpoint/"
)

// What people lose, and what the next run over another file says of it, or the next look at the tables: an error tells what
// is gone; or nothing depends on it, and all is as if it were there.
func TestLostFiles(t *testing.T) {
	files := crashFiles(t)
	want := cleanResult(t, files)
	for _, c := range []struct {
		name string
		lose string // below the root; * is any name
		says string // "": the run ends well
	}{
		{"a data file that is read", lossTables + "invoices_bz/part-*", "DELTA_FILE_NOT_FOUND"},
		{"a version above a gap", lossTables + "invoices_bz/_delta_log/00000000000000000001.json", "DELTA_VERSIONS_NOT_CONTIGUOUS"},
		{"all checksums", lossTables + "*/_delta_log/*.crc", ""},
		{"the query's id", lossCheckpoints + "invoices_bz/metadata", "STREAMING_CHECKPOINT_MISSING_METADATA_FILE"},
		{"what a batch reads", lossCheckpoints + "invoices_bz/sources/0/1", "sources/0"},
		{"the newest offsets", lossCheckpoints + "invoice_line_items/offsets/2", "offsets/2"},
		{"all offsets", lossCheckpoints + "invoice_line_items/offsets/*", "offsets/2"},
		{"the newest commit", lossCheckpoints + "invoice_line_items/commits/2", ""}, // the batch is repeated, and known to the table
		{"all commits", lossCheckpoints + "invoice_line_items/commits/*", ""},
		{"the newest state", lossCheckpoints + "revenue_by_payment/state/0/0/2.delta", "2.delta"},
		{"the state's description", lossCheckpoints + "revenue_by_payment/state/0/_metadata/*", ""},
		{"a gold query's checkpoint", lossCheckpoints + "revenue_by_payment/**", ""}, // it sums up all again
		{"a landed file that is read", "FileStore/spark_structured_streaming/data/invoices/*", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			disk := volumestest.NewMemory()
			if err := pipelineRunOf(t.Context(), disk, files, oneByOne[:3]); err != nil {
				t.Fatal(err)
			}
			lose(t, disk, c.lose)
			err := pipelineRunOf(t.Context(), disk, files, oneByOne[3:])
			var got string
			if err == nil {
				got, err = tables(t.Context(), disk)
			}
			switch {
			case c.says != "":
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want an error that tells of %s", err, c.says)
				}
			case err != nil:
				t.Error(err)
			default:
				if tablesOnly(got) != tablesOnly(want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

// tablesOnly is a result without the folders.
func tablesOnly(text string) string {
	before, _, _ := strings.Cut(text, "\n/")
	return before
}

// lose deletes files by a pattern.
func lose(t *testing.T, disk *volumestest.Memory, pattern string) {
	t.Helper()
	dir, all := strings.CutSuffix(pattern, "**")
	var lost []string
	for info, err := range disk.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		matched, err := path.Match(pattern, info.Name)
		if err != nil {
			t.Fatal(err)
		}
		if matched || all && strings.HasPrefix(info.Name, dir) {
			lost = append(lost, info.Name)
		}
	}
	if len(lost) == 0 {
		t.Fatalf("nothing is called %s", pattern)
	}
	for _, name := range lost {
		if err := disk.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// A lost checkpoint of a query that appends begins a new query, as in Spark: it has another id, so that the table cannot know
// its batches, and reads what there is once more. Of the files, those that were archived are out of its reach.
func TestLostCheckpointBeginsANewQuery(t *testing.T) {
	files := crashFiles(t)
	disk := volumestest.NewMemory()
	if err := pipelineRunOf(t.Context(), disk, files, oneByOne[:3]); err != nil {
		t.Fatal(err)
	}
	lose(t, disk, lossCheckpoints+"invoices_bz/**")
	if err := pipelineRunOf(t.Context(), disk, files, oneByOne[3:]); err != nil {
		t.Fatal(err)
	}
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	rows, err := session.Table("invoices_bz").Collect(t.Context())
	if err != nil || len(rows) != 3*4 {
		t.Errorf("%d rows, %v; want those of three files, and once more those of the one that had not been archived", len(rows), err)
	}
}

// A table that was dropped and made anew under a query that reads it is another table: the query says so, and reads nothing
// of it.
func TestTableThatWasMadeAnewIsNotReadOn(t *testing.T) {
	files := crashFiles(t)
	disk := volumestest.NewMemory()
	if err := pipelineRunOf(t.Context(), disk, files, oneByOne[:3]); err != nil {
		t.Fatal(err)
	}
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, statement := range []string{
		"CREATE TABLE kept AS SELECT * FROM invoices_bz",
		"DROP TABLE invoices_bz",
		"CREATE TABLE invoices_bz AS SELECT * FROM kept",
	} {
		if _, err := session.SQL(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	silver := Invoices().Of("silver")[0]
	q, err := Invoices().StartLayer(t.Context(), session, silver, Settings{Trigger: medallion.AvailableNow()})
	if err == nil {
		_, err = q.AwaitTermination(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE") {
		t.Errorf("got %v, want the error of another table", err)
	}
}
