package medallion

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

// A variantReading is a file that Spark 4.2 was given to read into variants, and what it made of it.
type variantReading struct {
	Format, File, Schema, Error string
	Options                     map[string]string
	Rows, Text                  [][]any
}

func (v variantReading) String() string {
	return fmt.Sprintf("%s %s %q %v", v.Format, v.File, v.Schema, v.Options)
}

func variantReadings(t *testing.T) (all []variantReading) {
	raw, err := os.ReadFile("testdata/variant/answers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		var v variantReading
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// louderThanSpark are the files of which Spark passes something over in silence, and what becomes of it here.
var louderThanSpark = map[string]string{
	"a.json": "two documents on a line: Spark takes the first; here the line is malformed",
	"c.json": "a second document in a file: Spark takes the first; here the second is a malformed record",
	"b.xml":  "behind a broken record: Spark reads no more of the file; here the records behind it are read",
}

// Option singleVariantColumn, and columns of type VARIANT, give what Spark gives, byte for byte.
func TestFilesAreReadIntoVariantsAsSparkDoes(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"a.json", "b.json", "c.json", "d.json", "a.csv", "b.csv", "c.csv", "d.csv", "a.xml", "b.xml", "c.xml"} {
		raw, err := os.ReadFile(filepath.Join("testdata/variant", name))
		d.must(err)
		d.put("/Volumes/main/default/vol/"+name, raw)
	}
	for _, v := range variantReadings(t) {
		if louderThanSpark[v.File] != "" && v.Error == "" {
			continue
		}
		r := d.Read().Format(v.Format)
		for name, value := range v.Options {
			r = r.Option(name, value)
		}
		if v.Schema != "" {
			r = r.Schema(v.Schema)
		}
		f, err := r.Load(t.Context(), "/Volumes/main/default/vol/"+v.File)
		var rows []Row
		if err == nil {
			rows, err = f.Collect(t.Context())
		}
		if v.Options["singleVariantColumn"] == "" && len(v.Rows) > 0 && v.Schema == "" {
			d.refused(v.String(), err, errclass.InvalidOptionValue)
			continue
		}
		if v.Error != "" {
			if !errors.Is(err, errclass.Class(v.Error)) {
				t.Errorf("%s: %v, want %s", v, err, v.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v, err)
			continue
		}
		for i, want := range v.Rows {
			if i >= len(rows) {
				t.Errorf("%s: %d rows, want %d", v, len(rows), len(v.Rows))
				break
			}
			have, _ := json.Marshal(plainValue(rows[i].Values, false))
			if text, _ := json.Marshal(want); !bytes.Equal(have, text) {
				t.Errorf("%s, row %d: %v, want %v", v, i, rows[i].Values, v.Text[i])
			}
		}
		if len(rows) > len(v.Rows) {
			t.Errorf("%s: %d rows, want %d", v, len(rows), len(v.Rows))
		}
	}
}

// The option goes with every way of reading: frames, streams, Auto Loader, read_files, COPY INTO. No columns are inferred,
// no schema location is needed, and folders still add their columns.
func TestSingleVariantColumnEverywhere(t *testing.T) {
	d := newDesk(t)
	const in = "/Volumes/main/default/vol/in/"
	d.put(in+"json/day=1/a.json", []byte("{\"a\":1}\n[2]\n"))
	d.put(in+"csv/day=1/a.csv", []byte("x,y\n1,b\n2,c\n"))
	d.put(in+"xml/day=1/a.xml", []byte("<rs><r id='1'><a>x</a></r><r>5</r></rs>"))
	for _, c := range []struct{ format, option, want, at string }{
		{"json", "", `[2] 1; {"a":1} 1`, "v:a"},
		{"csv", "header", `{"x":1,"y":"b"} 1; {"x":2,"y":"c"} 1`, "v:x"},
		{"xml", "rowTag", `5 1; {"_id":1,"a":"x"} 1`, "v:a"},
	} {
		t.Run(c.format, func(t *testing.T) {
			d := desk{t, d.Session}
			options := map[string]string{"singleVariantColumn": "v", "header": "true", "rowTag": "r"}
			sql := ", singleVariantColumn => 'v'"
			for _, name := range []string{"header", "rowTag"} {
				if name != c.option {
					delete(options, name)
				} else {
					sql += ", " + name + " => '" + options[name] + "'"
				}
			}
			batch := d.Read().Format(c.format)
			plain := d.ReadStream().Format(c.format)
			cloud := d.ReadStream().Format("cloudFiles").Option("cloudFiles.format", c.format)
			for name, value := range options {
				batch, plain, cloud = batch.Option(name, value), plain.Option(name, value), cloud.Option(name, value)
			}
			frame, err := batch.Load(t.Context(), in+c.format)
			d.must(err)
			d.must(frame.CreateOrReplaceTempView(t.Context(), "f"))
			d.want("a frame", d.rows("SELECT * FROM f"), c.want)
			for name, reader := range map[string]DataStreamReader{"plain": plain, "cloud": cloud} {
				rows, err := reader.Load(t.Context(), in+c.format)
				d.must(err)
				table := name + "_" + c.format
				d.run(rows.WriteStream().Trigger(AvailableNow()).Option("checkpointLocation", in+"cp/"+table), table)
				d.want(name+" stream", d.rows("SELECT v, day FROM "+table), c.want)
			}
			files := "read_files('" + in + c.format + "', format => '" + c.format + "'" + sql + ")"
			d.want("read_files", d.rows("SELECT * FROM "+files), c.want)
			d.want("part", d.rows("SELECT count(*), count("+c.at+") FROM "+files), "2 "+map[string]string{"json": "1", "csv": "2", "xml": "1"}[c.format])
			d.want("count", d.rows("SELECT count(*) FROM "+files), "2")
		})
	}
	_, err := d.ReadStream().Format("cloudFiles").Option("cloudFiles.format", "json").Option("singleVariantColumn", "v").
		Option("cloudFiles.schemaEvolutionMode", "addNewColumns").Load(t.Context(), in+"json")
	d.refused("evolution", err, errclass.InvalidOption)
	_, err = d.ReadStream().Format("json").Option("singleVariantColumn", "v").Schema("a int").Load(t.Context(), in+"json")
	d.refused("another schema", err, errclass.InvalidSingleVariant)
	_, err = d.Read().Format("parquet").Option("singleVariantColumn", "v").Load(t.Context(), in+"json")
	d.refused("parquet", err, errclass.InvalidOption)
	d.frame("CREATE TABLE copied (v VARIANT, day INT)")
	d.frame("COPY INTO copied FROM '" + in + "json' FILEFORMAT = JSON FORMAT_OPTIONS ('singleVariantColumn' = 'v')")
	d.want("COPY INTO", d.rows("SELECT v, day FROM copied"), `[2] 1; {"a":1} 1`)
}

// What Spark passes over in silence is told.
func TestWhatFollowsARecordIsNotLost(t *testing.T) {
	d := newDesk(t)
	const at = "/Volumes/main/default/vol/"
	d.put(at+"two.json", []byte("{\"a\":1} {\"b\":2}\n{\"c\":3}\n"))
	d.put(at+"broken.xml", []byte("<rows><row><a>1</a></row><row><a>1</b></row><row><a>2</a></row></rows>"))
	read := func(format, file string, options ...string) string {
		r := d.Read().Format(format).Option("singleVariantColumn", "v").Schema("v VARIANT, _corrupt_record STRING")
		for i := 0; i < len(options); i += 2 {
			r = r.Option(options[i], options[i+1])
		}
		f, err := r.Load(t.Context(), at+file)
		d.must(err)
		d.must(f.CreateOrReplaceTempView(t.Context(), "f"))
		return d.rows("SELECT * FROM f")
	}
	d.want("two on a line", read("json", "two.json"), `<nil> {"a":1} {"b":2}; {"c":3} <nil>`)
	d.want("two in a file", read("json", "two.json", "multiLine", "true"), "<nil>  {\"b\":2}\n{\"c\":3}; {\"a\":1} <nil>")
	d.want("behind a broken record", read("xml", "broken.xml", "rowTag", "row"), `<nil> <row><a>1</b></row>; {"a":1} <nil>; {"a":2} <nil>`)
}

// Variants live in the state of a stream: as values beside the keys of a join.
func TestVariantsAreHeldInState(t *testing.T) {
	d := newDesk(t)
	const in = "/Volumes/main/default/vol/"
	for _, side := range []string{"l", "r"} {
		d.put(in+side+"/a.json", []byte("{\"k\":1,\"v\":{\"side\":\""+side+"\",\"n\":[1,null]}}\n{\"k\":2,\"v\":null}\n{\"k\":3}\n"))
		f, err := d.ReadStream().Format("json").Schema("k int, v variant").Load(t.Context(), in+side)
		d.must(err)
		d.must(f.CreateOrReplaceTempView(t.Context(), side))
	}
	joined := d.frame("SELECT l.k, l.v a, r.v b FROM l JOIN r ON l.k = r.k")
	d.run(joined.WriteStream().Trigger(AvailableNow()).Option("checkpointLocation", in+"cp"), "joined")
	d.want("joined", d.rows("SELECT * FROM joined"), `1 {"n":[1,null],"side":"l"} {"n":[1,null],"side":"r"}; 2 null null; 3 <nil> <nil>`)
	d.put(in+"l/b.json", []byte("{\"k\":1,\"v\":7}\n"))
	d.run(joined.WriteStream().Trigger(AvailableNow()).Option("checkpointLocation", in+"cp"), "joined")
	d.want("from state", d.rows("SELECT * FROM joined WHERE a::string = '7'"), `1 7 {"n":[1,null],"side":"r"}`)
}

// Variants are shown, and written as JSON; formats that cannot hold them say so.
func TestVariantsAreWritten(t *testing.T) {
	d := newDesk(t)
	const at = "/Volumes/main/default/vol/out/"
	f := d.frame(`SELECT parse_json(j) v FROM VALUES ('{"a":[1,"x"],"b":null}'), ('1.50'), (CAST(NULL AS STRING)) AS t(j)`)
	var text strings.Builder
	d.must(f.Show(t.Context(), &text))
	for _, line := range []string{`|{"a":[1,"x"],"b":...|`, "|                 1.5|", "|                NULL|"} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("show has no line %s:\n%s", line, text.String())
		}
	}
	for _, format := range []string{"json", "parquet"} {
		d.must(f.Write().Format(format).Save(t.Context(), at+format))
	}
	d.want("json", d.rows("SELECT value FROM text.`"+at+"json`"), `{"v":1.5}; {"v":{"a":[1,"x"],"b":null}}; {}`)
	d.want("parquet", d.rows("SELECT v, typeof(v) FROM parquet.`"+at+"parquet`"), `1.5 variant; <nil> variant; {"a":[1,"x"],"b":null} variant`)
	for _, format := range []string{"csv", "text"} {
		d.refused(format, f.Write().Format(format).Save(t.Context(), at+format), errclass.UnsupportedDataSourceType)
	}
}
