package medallion

import (
	"os"
	"testing"
)

func (d desk) put(name string, data []byte) {
	d.Helper()
	d.must(d.FS().Put(d.Context(), name, data))
}

func (d desk) putFile(name, from string) {
	d.Helper()
	data, err := os.ReadFile(from)
	d.must(err)
	d.put(name, data)
}

// Every format is read at rest and as it grows, by frames and by SQL.
func TestEveryFormatIsReadEverywhere(t *testing.T) {
	d := newDesk(t)
	const in = "/Volumes/a/b/c/"
	d.put(in+"xml/a.xml", []byte(`<rs><r id="1"><a>x</a></r><r id="2"/></rs>`))
	d.put(in+"binaryFile/a.bin", []byte{1, 2, 3})
	d.put(in+"text/a.txt", []byte("x\ny"))
	d.putFile(in+"avro/a.avro", "../internal/avroio/testdata/zstandard.avro")
	d.putFile(in+"orc/a.orc", "../internal/orcio/testdata/arrow-snappy.orc")
	for _, c := range []struct {
		format, schema, columns, want string
		options                       map[string]string
	}{
		{"xml", "_id int, a string", "_id, a", "1 x; 2 <nil>", map[string]string{"rowTag": "r"}},
		{"binaryFile", "", "length, hex(content)", "3 010203", nil},
		{"text", "", "value", "x; y", nil},
		{"avro", "i int, s string", "count(i), max(s)", "8 käse 9", nil},
		{"orc", "y tinyint, s string", "count(y), max(s)", "200 s9", nil},
	} {
		t.Run(c.format, func(t *testing.T) {
			d := desk{t, d.Session}
			batch, stream := d.Read().Format(c.format), d.ReadStream().Format("cloudFiles").Option("cloudFiles.format", c.format)
			if c.schema != "" {
				batch, stream = batch.Schema(c.schema), stream.Schema(c.schema)
			}
			for name, value := range c.options {
				batch, stream = batch.Option(name, value), stream.Option(name, value)
			}
			frame, err := batch.Load(d.Context(), in+c.format)
			d.must(err)
			d.must(frame.CreateOrReplaceTempView(d.Context(), "v"))
			d.want("a frame", d.rows("SELECT "+c.columns+" FROM v"), c.want)
			grows, err := stream.Load(d.Context(), in+c.format)
			d.must(err)
			d.run(grows.WriteStream().Trigger(AvailableNow()).Option("checkpointLocation", in+"cp/"+c.format), "t_"+c.format)
			d.want("a stream", d.rows("SELECT "+c.columns+" FROM t_"+c.format), c.want)
			if c.options == nil {
				d.want("SQL", d.rows("SELECT "+c.columns+" FROM "+c.format+".`"+in+c.format+"`"), c.want)
			}
		})
	}
}
