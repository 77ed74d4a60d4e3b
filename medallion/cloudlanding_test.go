package medallion

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A cloud is a session with a landing folder, and a stream of Auto Loader from it into a table.
type cloud struct {
	*testing.T
	*Session
	root    string
	options map[string]string
	ahead   *time.Duration // of the wall clock: the session's
}

const (
	cloudVolume = "/Volumes/main/default/vol"
	cloudIn     = cloudVolume + "/in"
)

func newCloud(t *testing.T, options ...string) *cloud {
	t.Helper()
	root, ahead := t.TempDir(), new(time.Duration)
	s, err := NewSession(Options{Root: root, Clock: func() time.Time { return time.Now().Add(*ahead) }, Out: io.Discard, Conf: map[string]string{confPartitions: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := &cloud{t, s, root, map[string]string{"cloudFiles.format": "json", "cloudFiles.schemaLocation": cloudVolume + "/cp"}, ahead}
	if err := s.FS().Mkdirs(t.Context(), cloudIn); err != nil {
		t.Fatal(err)
	}
	return c.with(options...)
}

func (c *cloud) with(options ...string) *cloud {
	for i := 0; i < len(options); i += 2 {
		c.options[options[i]] = options[i+1]
	}
	return c
}

func (c *cloud) land(name, text string) {
	c.Helper()
	if err := c.FS().Put(c.Context(), cloudIn+"/"+name, []byte(text)); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) load() (*DataFrame, error) {
	r := c.ReadStream().Format("cloudFiles")
	for name, value := range c.options {
		r = r.Option(name, value)
	}
	return r.Load(c.Context(), cloudIn)
}

// run reads what is there into the table, merging schemas, and ends.
func (c *cloud) run() error {
	frame, err := c.load()
	if err != nil {
		return err
	}
	return c.drain(frame)
}

func (c *cloud) drain(frame *DataFrame) error {
	q, err := frame.WriteStream().Option("checkpointLocation", cloudVolume+"/cp").Option("mergeSchema", "true").
		Trigger(AvailableNow()).ToTable(c.Context(), "bronze")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(c.Context())
	return err
}

// drainInto is drain into a sink without a table.
func (c *cloud) drainInto(frame *DataFrame, sink string) error {
	q, err := frame.WriteStream().Format(sink).Option("checkpointLocation", cloudVolume+"/cp").Trigger(AvailableNow()).Start(c.Context())
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(c.Context())
	return err
}

func (c *cloud) mustRun() {
	c.Helper()
	if err := c.run(); err != nil {
		c.Fatal(err)
	}
}

// rows are a query's, as texts, sorted.
func (c *cloud) rows(query string) []string {
	c.Helper()
	frame, err := c.SQL(c.Context(), query)
	if err != nil {
		c.Fatal(err)
	}
	all, err := frame.Collect(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = r.String()
	}
	slices.Sort(texts)
	return texts
}

func (c *cloud) wantRows(query string, want ...string) {
	c.Helper()
	if got := c.rows(query); !slices.Equal(got, want) {
		c.Errorf("%s:\n got %q\nwant %q", query, got, want)
	}
}

func (c *cloud) wantSchema(table, want string) {
	c.Helper()
	schema, err := c.Table(table).Schema(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	if got := schema.String(); got != want {
		c.Errorf("schema of %s:\n got %s\nwant %s", table, got, want)
	}
}

// schemas are the versions of the schema that the stream has kept, as texts.
func (c *cloud) schemas() (all []string) {
	c.Helper()
	for i := 0; ; i++ {
		text, err := os.ReadFile(filepath.Join(c.root, cloudVolume, "cp/_schemas", strconv.Itoa(i)))
		if err != nil {
			return all
		}
		all = append(all, string(text))
	}
}

func (c *cloud) names(dir string) (names []string) {
	c.Helper()
	all, err := c.FS().Ls(c.Context(), dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
}

func (c *cloud) schemaText(location string) string {
	c.Helper()
	text, err := os.ReadFile(filepath.Join(c.root, cloudVolume, location, "_schemas/0"))
	if err != nil {
		c.Fatal(err)
	}
	return string(text)
}
