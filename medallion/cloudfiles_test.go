package medallion

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

func TestColumnsAreInferredAndKept(t *testing.T) {
	c := newCloud(t)
	c.land("a.json", `{"n":1,"s":"x","in":{"y":[1]}}`+"\n")
	c.mustRun()
	c.wantSchema("bronze", "struct<in:string,n:string,s:string,_rescued_data:string>")
	c.wantRows("SELECT * FROM bronze", `[{"y":[1]}, 1, x, null]`)
	want := `v1` + "\n" + `{"dataSchemaJson":"{\"type\":\"struct\",\"fields\":[{\"name\":\"in\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"n\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"s\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionSchemaJson":"{\"type\":\"struct\",\"fields\":[]}"}`
	if got := c.schemas(); len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	c.with("cloudFiles.inferColumnTypes", "true") // later starts do not look at it
	c.land("b.json", `{"n":2}`+"\n")
	c.mustRun()
	c.wantRows("SELECT n, s FROM bronze", "[1, x]", "[2, null]")
}

func TestHintsAndTypes(t *testing.T) {
	c := newCloud(t, "cloudFiles.inferColumnTypes", "true", "cloudFiles.schemaHints", "n int, in.y double, extra map<string,int>, later.x date")
	c.land("a.json", `{"n":1,"s":"x","in":{"y":1,"z":2},"extra":{"k":3}}`+"\n")
	c.mustRun()
	c.wantSchema("bronze", "struct<extra:map<string,int>,in:struct<y:double,z:bigint>,n:int,s:string,later:struct<x:date>,_rescued_data:string>")
	c.wantRows("SELECT * FROM bronze", "[[{k 3}], [1, 2], 1, x, null, null]")
}

func TestNewColumnsFailTheQueryOnceAndAreThereAfterwards(t *testing.T) {
	c := newCloud(t)
	c.land("a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.land("b.json", `{"n":2,"more":"x"}`+"\n")
	err := c.run()
	if !errors.Is(err, errclass.UnknownFieldsInFile) || !strings.Contains(err.Error(), "Encountered unknown fields during parsing: [more], which can be fixed by an automatic retry: true") {
		t.Fatalf("got %v", err)
	}
	c.wantRows("SELECT n FROM bronze", "[1]")
	c.mustRun()
	c.wantRows("SELECT n, more, _rescued_data FROM bronze", "[1, null, null]", "[2, x, null]")
	if got := c.schemas(); len(got) != 2 {
		t.Errorf("%d versions of the schema", len(got))
	}
	c.mustRun()
	c.wantRows("SELECT count(*) FROM bronze", "[2]")
}

func TestAQueryGoesOnWithNewColumnsByItself(t *testing.T) {
	c := newCloud(t, "cloudFiles.schemaEvolution.restart", "auto", "cloudFiles.maxFilesPerTrigger", "1", "cloudFiles.inferColumnTypes", "true")
	frame, err := c.load() // the folder is empty: it begins without columns
	if err != nil {
		t.Fatal(err)
	}
	q, err := frame.WriteStream().Option("checkpointLocation", cloudVolume+"/cp").Option("mergeSchema", "true").ToTable(t.Context(), "bronze")
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{`{"n":1}`, `{"n":2,"s":"x"}`, `{"n":3,"in":{"a":1}}`, `{"n":4,"in":{"a":2,"b":3}}`, `{"n":5}`} {
		c.land(fmt.Sprintf("%d.json", i), text+"\n")
		if err := q.ProcessAllAvailable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !q.IsActive() || q.LastProgress().BatchID != 4 {
		t.Errorf("active %t, batch %d", q.IsActive(), q.LastProgress().BatchID)
	}
	q.Stop()
	c.wantSchema("bronze", "struct<_rescued_data:string,n:bigint,s:string,in:struct<a:bigint,b:bigint>>")
	c.wantRows("SELECT n, s, `in`, _rescued_data FROM bronze", "[1, null, null, null]", "[2, x, null, null]", "[3, null, [1, null], null]", "[4, null, [2, 3], null]", "[5, null, null, null]")
	if got := c.schemas(); len(got) != 5 {
		t.Errorf("%d versions of the schema", len(got))
	}
}

func TestOtherEvolutionModes(t *testing.T) {
	for mode, want := range map[string]string{
		"rescue": `[1, null],[2, {"more":"x","_file_path":"file:` + cloudIn + `/b.json"}]`,
		"none":   `[1, null],[2, {"more":"x","_file_path":"file:` + cloudIn + `/b.json"}]`,
	} {
		t.Run(mode, func(t *testing.T) {
			c := newCloud(t, "cloudFiles.schemaEvolutionMode", mode)
			c.land("a.json", `{"n":1}`+"\n")
			c.mustRun()
			c.land("b.json", `{"n":2,"more":"x"}`+"\n")
			c.mustRun()
			if got := strings.Join(c.rows("SELECT n, _rescued_data FROM bronze"), ","); strings.ReplaceAll(got, "file:///", "file:/") != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
	t.Run("failOnNewColumns", func(t *testing.T) {
		c := newCloud(t, "cloudFiles.schemaEvolutionMode", "failOnNewColumns")
		c.land("a.json", `{"n":1}`+"\n")
		c.mustRun()
		c.land("b.json", `{"n":2,"more":"x"}`+"\n")
		for range 2 {
			if err := c.run(); !errors.Is(err, errclass.UnknownFieldsInFile) || !strings.Contains(err.Error(), "automatic retry: false") {
				t.Fatalf("got %v", err)
			}
		}
		c.with("cloudFiles.schemaHints", "more string").mustRun()
		c.wantRows("SELECT n, more FROM bronze", "[1, null]", "[2, x]")
	})
}

func TestEmptyFolders(t *testing.T) {
	c := newCloud(t)
	if err := c.run(); !errors.Is(err, errclass.CloudFilesEmptyFolder) {
		t.Fatalf("got %v", err)
	}
	c.with("cloudFiles.schemaHints", "n int").mustRun()
	c.land("a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.wantRows("SELECT n FROM bronze", "[1]")
}

func TestPartitionColumnsAreKept(t *testing.T) {
	c := newCloud(t)
	c.land("day=2025-01-01/a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.wantSchema("bronze", "struct<n:string,_rescued_data:string,day:date>")
	c.land("day=someday/b.json", `{"n":2}`+"\n")
	if err := c.run(); err == nil || !strings.Contains(err.Error(), "day=someday") {
		t.Errorf("got %v", err)
	}

	c = newCloud(t, "cloudFiles.partitionColumns", "day,hour")
	c.land("day=2025-01-01/a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.wantSchema("bronze", "struct<n:string,_rescued_data:string,day:date,hour:string>")

	c = newCloud(t, "cloudFiles.partitionColumns", "")
	c.land("day=2025-01-01/a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.wantSchema("bronze", "struct<n:string,_rescued_data:string>")
}

func TestCSVColumnsComeFromHeaders(t *testing.T) {
	c := newCloud(t, "cloudFiles.format", "csv", "cloudFiles.inferColumnTypes", "true")
	c.land("a.csv", "n,s\n1,x\n")
	c.mustRun()
	c.land("b.csv", "s,n,m\ny,2,3.5\n")
	if err := c.run(); !errors.Is(err, errclass.UnknownFieldsInFile) {
		t.Fatalf("got %v", err)
	}
	c.mustRun()
	c.wantRows("SELECT n, s, m FROM bronze", "[1, x, null]", "[2, y, 3.5]")
}

func TestAGivenSchemaDoesNotGrow(t *testing.T) {
	c := newCloud(t, "cloudFiles.schemaEvolutionMode", "addNewColumns")
	c.land("a.json", `{"n":1,"s":"x"}`+"\n")
	_, err := c.ReadStream().Format("cloudFiles").Schema("n int").Option("cloudFiles.format", "json").
		Option("cloudFiles.schemaEvolutionMode", "addNewColumns").Load(t.Context(), cloudIn)
	if !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), "cloudFiles.schemaHints") {
		t.Errorf("got %v", err)
	}
	frame, err := c.ReadStream().Format("cloudFiles").Schema("n int").Option("cloudFiles.format", "json").
		Option("cloudFiles.schemaEvolutionMode", "rescue").Load(t.Context(), cloudIn)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.drain(frame); err != nil {
		t.Fatal(err)
	}
	if got := c.rows("SELECT n, _rescued_data FROM bronze"); len(got) != 1 || !strings.Contains(got[0], `"s":"x"`) {
		t.Errorf("got %v", got)
	}
}

// The same columns are there when a session is new.
func TestANewSessionFindsTheColumns(t *testing.T) {
	c := newCloud(t)
	c.land("a.json", `{"n":1}`+"\n")
	c.mustRun()
	if err := c.FS().Rm(t.Context(), cloudIn+"/a.json"); err != nil {
		t.Fatal(err)
	}
	frame, err := c.load()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := frame.Schema(t.Context())
	if err != nil || schema.String() != "struct<n:string,_rescued_data:string>" {
		t.Errorf("got %v, %v", schema, err)
	}
}

// Files leave the folder when the retention has passed since their batch was committed, whether the query ran on or was
// started again.
func TestRetention(t *testing.T) {
	for _, c := range []struct {
		mode string
		kept string
		gone time.Duration
	}{{"MOVE", "2 hours", 2 * time.Hour}, {"DELETE", "8 days", 8 * 24 * time.Hour}} {
		t.Run(c.mode, func(t *testing.T) {
			cloud := newCloud(t, "cloudFiles.cleanSource", c.mode, "cloudFiles.cleanSource.retentionDuration", c.kept)
			done := cloudVolume + "/done"
			if c.mode == "MOVE" {
				cloud.with("cloudFiles.cleanSource.moveDestination", done)
			}
			cloud.land("day=1/a.json", `{"n":1}`+"\n")
			cloud.mustRun()
			*cloud.ahead = c.gone - time.Minute
			cloud.land("b.json", `{"n":2}`+"\n")
			cloud.mustRun()
			if got := cloud.names(cloudIn + "/day=1"); !slices.Equal(got, []string{"a.json"}) {
				t.Errorf("before its time: %v", got)
			}
			cloud.wantRows("SELECT archive_mode, commit_time IS NULL FROM cloud_files_state('"+cloudVolume+"/cp') ", "[null, false]", "[null, false]")
			*cloud.ahead = c.gone + time.Minute
			cloud.mustRun()
			if got := cloud.names(cloudIn + "/day=1"); len(got) != 0 {
				t.Errorf("after its time: %v", got)
			}
			if got := cloud.names(done + "/day=1"); c.mode == "MOVE" && !slices.Equal(got, []string{"a.json"}) {
				t.Errorf("at its destination: %v", got)
			}
			to := "null"
			if c.mode == "MOVE" {
				to = "file://" + done + "/day=1/a.json"
			}
			cloud.wantRows("SELECT archive_mode, move_location, archive_time > commit_time FROM cloud_files_state(TABLE(bronze)) WHERE path LIKE '%a.json'", "["+c.mode+", "+to+", true]")
			cloud.wantRows("SELECT count(*) FROM bronze", "[2]")
		})
	}
}

func TestFileState(t *testing.T) {
	c := newCloud(t, "cloudFiles.maxFilesPerTrigger", "1")
	before := time.Now().Add(-time.Second)
	const files = 40 // the ledger has 32, and the rest is in the query's logs
	for i := range files {
		c.land(fmt.Sprintf("%02d.json", i), fmt.Sprintf(`{"n":%d}`, i)+"\n")
	}
	c.mustRun()
	state := "FROM cloud_files_state('" + cloudVolume + "/cp')"
	c.wantRows("SELECT count(*), count(DISTINCT path), min(size), max(size), count(commit_time), count(archive_time), min(source_id), min(ingestion_state) "+state, "[40, 40, 8, 9, 40, 0, 0, INGESTED]")
	c.wantRows("SELECT count(*) "+state+" WHERE create_time <= discovery_time + interval 1 second AND discovery_time <= processed_time + interval 1 second AND processed_time <= commit_time AND create_time > TIMESTAMP '"+
		before.UTC().Format("2006-01-02 15:04:05")+"'", "[40]")
	c.wantRows("SELECT path "+state+" WHERE path LIKE '%07.json'", "[file://"+cloudIn+"/07.json]")
	ledgers, err := os.ReadDir(filepath.Join(c.root, cloudVolume, "cp/sources/0/.ledger"))
	if err != nil || len(ledgers) != 1 {
		t.Errorf("%v, %v", ledgers, err)
	}
	if _, err := c.SQL(t.Context(), "SELECT * FROM cloud_files_state('/Volumes/main/default/vol/in')"); !errors.Is(err, errclass.PathNotFound) {
		t.Errorf("a folder that is no checkpoint: %v", err)
	}
	for i := range 30 { // what the query's logs have forgotten is in the ledger
		for _, log := range []string{"commits", "offsets"} {
			if err := os.Remove(filepath.Join(c.root, cloudVolume, "cp", log, strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.wantRows("SELECT count(*), count(commit_time) "+state, "[40, 40]")
}

// A table in memory gets the columns that its query comes to have while it runs.
func TestAMemoryTableGrows(t *testing.T) {
	c := newCloud(t, "cloudFiles.schemaEvolution.restart", "auto", "cloudFiles.maxFilesPerTrigger", "1")
	c.land("a.json", `{"n":1}`+"\n")
	frame, err := c.load()
	if err != nil {
		t.Fatal(err)
	}
	c.land("b.json", `{"n":2,"a":3}`+"\n")
	q, err := frame.WriteStream().Format("memory").QueryName("seen").Option("checkpointLocation", cloudVolume+"/cp").Trigger(AvailableNow()).Start(t.Context())
	if err == nil {
		_, err = q.AwaitTermination(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	c.wantRows("SELECT n, a FROM seen ORDER BY n", "[1, null]", "[2, 3]")
}

// With type widening, a column takes the wider type; a hinted one keeps its own, and what does not fit is rescued.
func TestTypesWiden(t *testing.T) {
	c := newCloud(t, "cloudFiles.format", "csv", "cloudFiles.inferColumnTypes", "true", "cloudFiles.schemaEvolutionMode", "addNewColumnsWithTypeWidening",
		"cloudFiles.schemaHints", "h int", "cloudFiles.schemaEvolution.restart", "auto")
	c.land("a.csv", "n,m,h\n1,1,1\n")
	load := func(want string) {
		t.Helper()
		frame, err := c.load()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.drainInto(frame, "console"); err != nil {
			t.Fatal(err)
		}
		if frame, err = c.load(); err != nil {
			t.Fatal(err)
		}
		if schema, err := frame.Schema(t.Context()); err != nil || schema.String() != want {
			t.Errorf("got %s, %v\nwant %s", schema, err, want)
		}
	}
	load("struct<n:int,m:int,h:int,_rescued_data:string>")
	c.land("b.csv", "n,m,h\n3000000000,1.5,3000000000\n")
	load("struct<n:bigint,m:double,h:int,_rescued_data:string>")
}

// Auto Loader's wider types become the table's, where it allows that; the older files' values are those of the wider type.
func TestTypesWidenInTheTable(t *testing.T) {
	c := newCloud(t, "cloudFiles.format", "csv", "cloudFiles.inferColumnTypes", "true", "cloudFiles.schemaEvolutionMode", "addNewColumnsWithTypeWidening",
		"cloudFiles.schemaEvolution.restart", "auto")
	for _, statement := range []string{
		"CREATE TABLE bronze (n INT, m INT, _rescued_data STRING) TBLPROPERTIES (delta.enableTypeWidening = 'true')",
		"SET spark.databricks.delta.typeWidening.allowAutomaticWidening = always", // from integers to doubles, too
	} {
		if _, err := c.SQL(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	c.land("a.csv", "n,m\n1,1\n")
	c.mustRun()
	c.land("b.csv", "n,m\n3000000000,1.5\n")
	c.mustRun()
	c.wantRows("SELECT n, m, typeof(n), typeof(m) FROM bronze", "[1, 1, bigint, double]", "[3000000000, 1.5, bigint, double]")
	if err := c.SetConf("spark.databricks.delta.typeWidening.allowAutomaticWidening", "sometimes"); !errors.Is(err, errclass.InvalidConfValue) {
		t.Errorf("an unknown rule: %v", err)
	}
}

// What no column can take is rescued, and is no new column: a value of another type, a name in other letters.
func TestMisfitsAreRescued(t *testing.T) {
	c := newCloud(t, "cloudFiles.inferColumnTypes", "true")
	c.land("a.json", `{"n":1}`+"\n")
	c.mustRun()
	c.land("b.json", `{"n":"many"}`+"\n"+`{"N":5}`+"\n")
	c.mustRun()
	c.wantRows("SELECT n, get_json_object(_rescued_data, '$.n'), get_json_object(_rescued_data, '$.N') FROM bronze",
		"[1, null, null]", "[null, many, null]", "[null, null, 5]")
	if got := c.schemas(); len(got) != 1 {
		t.Errorf("%d versions of the schema", len(got))
	}
}

// Two streams grow on their own, from one frame.
func TestStreamsOfOneFrameGrowOnTheirOwn(t *testing.T) {
	c := newCloud(t, "cloudFiles.schemaEvolution.restart", "auto", "cloudFiles.schemaLocation", cloudVolume+"/schema")
	c.land("a.json", `{"n":1}`+"\n")
	frame, err := c.load()
	if err != nil {
		t.Fatal(err)
	}
	var queries []*StreamingQuery
	for _, table := range []string{"one", "two"} {
		q, err := frame.WriteStream().Option("checkpointLocation", cloudVolume+"/cp_"+table).Option("mergeSchema", "true").ToTable(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Stop()
		queries = append(queries, q)
	}
	for _, q := range queries {
		if err := q.ProcessAllAvailable(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.root, cloudVolume, "schema/_schemas/1"),
		[]byte(strings.Replace(c.schemaText("schema"), `\"fields\":[`, `\"fields\":[{\"name\":\"other\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},`, 1)), 0o644); err != nil {
		t.Fatal(err) // another process grew the schema meanwhile
	}
	c.land("b.json", `{"n":2,"more":3}`+"\n")
	for i, q := range queries {
		if err := q.ProcessAllAvailable(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.wantRows("SELECT n, more, other FROM "+[]string{"one", "two"}[i], "[1, null, null]", "[2, 3, null]")
	}
}
