package zoo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const (
	volume  = "/Volumes/zoo/main/files"
	archive = "/Volumes/zoo/main/done"
)

// modes are the parse modes; text and parquet know none, and fail where a mode could not help.
var modes = []string{"PERMISSIVE", "DROPMALFORMED", "FAILFAST"}

// A beast is a file that nobody wants, and what is in it.
type beast struct {
	file      string
	text      string
	good, bad int64          // records; with bad ones mode FAILFAST ends the stream
	class     errclass.Class // why the file cannot be read to its end in any mode; "": it can
	says      string         // what the error tells besides the file's name
}

// fails tells what error ends the stream.
func (b beast) fails(mode string) errclass.Class {
	if b.class == "" && b.bad > 0 && mode == "FAILFAST" {
		return errclass.MalformedRecord
	}
	return b.class
}

// A cage holds beasts that are read alike. Its last file, of good records, must always come through.
type cage struct {
	format  string
	schema  string
	options map[string]string
	modes   []string // nil: the three
	good    string
	records int64 // in good
	beasts  []beast
}

// A keeper runs the streams of one test, on storage of its own.
type keeper struct {
	*testing.T
	*medallion.Session
	store   volumes.Store
	reports []medallion.StreamingQueryProgress
}

func newKeeper(t *testing.T, space *volumes.Space) *keeper {
	t.Helper()
	k := &keeper{T: t, store: space.Root()}
	session, err := medallion.NewSession(medallion.Options{
		Space: space, OnProgress: func(p medallion.StreamingQueryProgress) { k.reports = append(k.reports, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	k.Session = session
	return k
}

// land puts a file into a folder of the volume.
func (k *keeper) land(folder, name, text string) {
	k.Helper()
	if err := k.store.Put(k.Context(), landing(folder)+"/"+name, []byte(text)); err != nil {
		k.Fatal(err)
	}
}

// landing is the key of a folder where files land.
func landing(folder string) string { return volume[1:] + "/" + folder }

// archived is the key of a file that has been archived.
func archived(folder, name string) string { return archive[1:] + "/" + landing(folder) + "/" + name }

// left is the names of the files that still lie where they landed.
func (k *keeper) left(folder string) (names []string) {
	k.Helper()
	for info, err := range k.store.List(k.Context(), landing(folder), volumes.ListOptions{Hidden: true}) {
		if err != nil {
			k.Fatal(err)
		}
		names = append(names, path.Base(info.Name))
	}
	return names
}

// run streams what is in a folder into the table of the same name, and gives what became of the files, by their base names.
func (k *keeper) run(folder string, c cage, options ...map[string]string) (map[string]stream.FileProgress, error) {
	k.Helper()
	k.reports = nil
	reader := k.ReadStream().Format(c.format).Schema(c.schema).Option("cleanSource", "archive").Option("sourceArchiveDir", archive)
	for _, set := range append([]map[string]string{c.options}, options...) {
		for name, value := range set {
			reader = reader.Option(name, value)
		}
	}
	frame, err := reader.Load(k.Context(), volume+"/"+folder)
	if err != nil {
		k.Fatal(err)
	}
	q, err := frame.WriteStream().Trigger(medallion.AvailableNow()).
		Option("checkpointLocation", "/Volumes/zoo/main/checkpoints/"+folder).ToTable(k.Context(), folder)
	if err != nil {
		k.Fatal(err)
	}
	_, err = q.AwaitTermination(k.Context())
	fates := map[string]stream.FileProgress{}
	for _, p := range k.reports {
		for _, s := range p.Sources {
			for _, f := range s.Files {
				fates[baseOf(k, f.Path)] = f
			}
			k.checkTotals(p, s)
		}
	}
	return fates, err
}

// checkTotals holds the totals of a batch against its files and its rows.
func (k *keeper) checkTotals(p medallion.StreamingQueryProgress, s stream.SourceProgress) {
	k.Helper()
	if s.Files == nil {
		return
	}
	var sum stream.FileProgress
	for _, f := range s.Files {
		sum.Read += f.Read
		sum.Corrupt += f.Corrupt
		sum.Dropped += f.Dropped
	}
	for name, n := range map[string]int64{
		stream.MetricRecordsRead: sum.Read, stream.MetricRecordsCorrupt: sum.Corrupt, stream.MetricRecordsDropped: sum.Dropped,
	} {
		if s.Metrics[name] != fmt.Sprint(n) {
			k.Errorf("batch %d: the metric %s is %s, and the files' sum %d", p.BatchID, name, s.Metrics[name], n)
		}
	}
	if s.NumInputRows != sum.Read-sum.Dropped {
		k.Errorf("batch %d: %d rows of %+v", p.BatchID, s.NumInputRows, sum)
	}
}

// baseOf is the file's name as it is on the disk.
func baseOf(k *keeper, uri string) string {
	k.Helper()
	at, err := k.Space().Resolve(uri)
	if err != nil {
		k.Fatalf("%s: %v", uri, err)
	}
	return path.Base(at.Key)
}

// number runs a query of one number.
func (k *keeper) number(text string) int64 {
	k.Helper()
	frame, err := k.SQL(k.Context(), text)
	if err != nil {
		k.Fatal(err)
	}
	row, ok, err := frame.First(k.Context())
	if err != nil || !ok {
		k.Fatalf("%s: %v, %v", text, ok, err)
	}
	n, _ := row.Values[0].(int64)
	return n
}

const (
	goodName = "zz good" // it comes last
	calmIn   = "calm"
)

// visit runs all beasts of a cage in one mode: those that can be read in one stream, the others each alone.
func (c cage) visit(t *testing.T, mode string) (streams int) {
	k := newKeeper(t, volumes.NewSpaceOn(volumestest.NewMemory()))
	options := map[string]string{}
	if c.format == "json" || c.format == "csv" {
		options["mode"] = mode
	}
	var calm []beast
	for i, b := range c.beasts {
		if b.fails(mode) == "" {
			calm = append(calm, b)
			continue
		}
		streams++
		c.alone(k, fmt.Sprintf("alone_%d", i), b, mode, options)
	}
	c.together(k, calm, mode, options)
	return streams + 1
}

// together reads files in one stream: each is accounted for and archived, and the stream goes on.
func (c cage) together(k *keeper, calm []beast, mode string, options map[string]string) {
	k.Helper()
	var want stream.FileProgress
	for _, b := range calm {
		k.land(calmIn, b.file, b.text)
		want.Read += b.good + b.bad
		if mode == "DROPMALFORMED" {
			want.Dropped += b.bad
		} else {
			want.Corrupt += b.bad
		}
	}
	if len(calm) == 0 {
		return
	}
	fates, err := k.run(calmIn, c, options)
	if err != nil {
		k.Fatal(err)
	}
	var got stream.FileProgress
	for _, b := range calm {
		fate, read := fates[b.file]
		bad := fate.Corrupt + fate.Dropped
		if !read || fate.Read != b.good+b.bad || bad != b.bad || (mode == "DROPMALFORMED") != (fate.Dropped == b.bad) && b.bad > 0 {
			k.Errorf("%q: got %v, want %d whole records, %d others", b.file, fate, b.good, b.bad)
		}
		got.Read += fate.Read
		got.Corrupt += fate.Corrupt
		got.Dropped += fate.Dropped
	}
	if rows := k.number("SELECT count(*) FROM calm"); got != want || rows != want.Read-want.Dropped {
		k.Errorf("the table has %d rows of %+v, want %+v", rows, got, want)
	}
	if strings.Contains(c.schema, "_corrupt_record") {
		if marked := k.number("SELECT count(*) FROM calm WHERE _corrupt_record IS NOT NULL"); marked != want.Corrupt {
			k.Errorf("%d rows hold the text of a corrupt record, want %d", marked, want.Corrupt)
		}
	}
	c.goesOn(k, calmIn, options)
	for _, b := range calm {
		if text, err := volumes.ReadFile(k.Context(), k.store, archived(calmIn, b.file)); err != nil || string(text) != b.text {
			k.Errorf("%q is not in the archive as it was: %v", b.file, err)
		}
	}
}

// goesOn sees a good file come through, and what was read before archived.
func (c cage) goesOn(k *keeper, folder string, options ...map[string]string) {
	k.Helper()
	name := goodName + "." + c.format
	before := k.number("SELECT count(*) FROM " + folder)
	k.land(folder, name, c.good)
	fates, err := k.run(folder, c, options...)
	if fate := fates[name]; err != nil || fate.Read != c.records || !fate.Clean() {
		k.Errorf("%s: the good file: %v, %v", folder, fate, err)
	}
	if rows := k.number("SELECT count(*) FROM "+folder) - before; rows != c.records {
		k.Errorf("%s: the good file made %d rows", folder, rows)
	}
	if left := k.left(folder); len(left) != 1 || left[0] != name {
		k.Errorf("%s: what was read is not archived: %q", folder, left)
	}
}

// alone reads one file that ends the stream. It says why, and has written nothing. Its owner then lets it pass, and the
// stream goes on where it stood.
func (c cage) alone(k *keeper, folder string, b beast, mode string, options map[string]string) {
	k.Helper()
	k.land(folder, b.file, b.text)
	_, err := k.run(folder, c, options)
	if class := b.fails(mode); !errors.Is(err, class) || !strings.Contains(err.Error(), b.says) || !strings.Contains(err.Error(), folder) {
		k.Errorf("%q: got %v, want %s that says %q", b.file, err, class, b.says)
		return
	}
	if rows := k.number("SELECT count(*) FROM " + folder); rows != 0 {
		k.Errorf("%q: a file that failed left %d rows", b.file, rows)
	}
	pass := maps.Clone(options)
	pass["ignoreCorruptFiles"] = "true"
	if pass["mode"] != "" {
		pass["mode"] = "PERMISSIVE"
	}
	if _, err := k.run(folder, c, pass); err != nil {
		k.Errorf("%q: let pass: %v", b.file, err)
		return
	}
	c.goesOn(k, folder, pass)
	if _, err := k.store.Stat(k.Context(), archived(folder, b.file)); errors.Is(err, fs.ErrNotExist) {
		k.Errorf("%q was let pass, and is not archived", b.file)
	}
}

// visitAll visits cages in all modes and says how many beasts it saw.
func visitAll(t *testing.T, cages map[string]cage) {
	t.Helper()
	streams, beasts := 0, 0
	for name, c := range cages {
		beasts += len(c.beasts)
		all := c.modes
		if all == nil {
			all = modes
		}
		for _, mode := range all {
			t.Run(name+"/"+mode, func(t *testing.T) { streams += c.visit(t, mode) })
		}
	}
	t.Logf("zoo: %d files that nobody wants, in %d streams", beasts, streams)
}
