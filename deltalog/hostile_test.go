package deltalog

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// hugeFiles says of some files that they are larger than memory.
type hugeFiles struct {
	volumes.Store
	size map[string]int64
}

type hugeReader struct {
	volumes.Reader
	size int64
}

func (r hugeReader) Info() volumes.Info {
	info := r.Reader.Info()
	info.Size = r.size
	return info
}

func (s hugeFiles) Open(ctx context.Context, name string) (volumes.Reader, error) {
	reader, err := s.Store.Open(ctx, name)
	if size, huge := s.size[name]; huge && err == nil {
		return hugeReader{reader, size}, nil
	}
	return reader, err
}

// Sizes are looked at before anything is read into memory.
func TestHugeLogFilesAreRefused(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("1.parquet")
	if err := store.Put(t.Context(), lastCheckpointName, []byte(`{"version":0}`)); err != nil {
		t.Fatal(err)
	}
	harmless := hugeFiles{store, map[string]int64{lastCheckpointName: 1 << 40, checksumName(0): 1 << 40, checksumName(1): 1 << 40}}
	if s, err := Open(harmless, Options{}).Snapshot(t.Context()); err != nil || s.Version() != 1 {
		t.Errorf("got %v, %v, want version 1", s, err)
	}
	bad := hugeFiles{store, map[string]int64{commitName(1): 1 << 40, checksumName(1): 1 << 40, checksumName(0): 1 << 40}}
	_, err := Open(bad, Options{}).Snapshot(t.Context())
	wantClass(t, err, errclass.DeltaLogCorrupt)
}

func TestLongLinesAreRefused(t *testing.T) {
	_, err := decodeCommit(&endless{}, 1<<30)
	if err == nil || !strings.Contains(err.Error(), "one line") {
		t.Errorf("got %v", err)
	}
}

// endless is a line that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestOddNamesInTheLogAreNotRead(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("1.parquet")
	for _, name := range []string{
		"000000000000000000002.json", "0000000000000000002.json", "-0000000000000000002.json", "99999999999999999999.json",
		"00000000000000000001.00000000000000000002.compacted.json", "00000000000000000002.json.tmp",
		"00000000000000000001.checkpoint.0000000000.0000000000.parquet",
		"00000000000000000001.checkpoint.0000000001.0001000000.parquet",
		"00000000000000000001.checkpoint.0000000001.0000000002.parquet", "x.json", "00000000000000000002",
	} {
		if err := store.Put(t.Context(), logDir+"/"+name, []byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "1.parquet")
}

// A checkpoint in parts is used when it has all of them.
func TestMultiPartCheckpoint(t *testing.T) {
	l := &listing{}
	for _, name := range []string{
		"00000000000000000010.checkpoint.0000000001.0000000002.parquet",
		"00000000000000000010.checkpoint.0000000001.0000000003.parquet",
		"00000000000000000010.checkpoint.0000000002.0000000002.parquet",
		"00000000000000000020.checkpoint.0000000001.0000000002.parquet",
	} {
		l.add(parseLogFile(volumes.Info{Name: logDir + "/" + name}))
	}
	got := l.completeCheckpoint(latest)
	if got == nil || got.version != 10 || len(got.parts) != 2 {
		t.Fatalf("got %+v, want version 10 in 2 parts", got)
	}
	for i, part := range got.parts {
		if !strings.Contains(part.name, fmt.Sprintf(".000000000%d.0000000002.", i+1)) {
			t.Errorf("part %d is %s", i, part.name)
		}
	}
}

func FuzzSchemaString(f *testing.F) {
	f.Add(`{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{}}]}`)
	f.Add(strings.Repeat(`{"type":"array","elementType":`, 5000))
	f.Fuzz(func(t *testing.T, text string) {
		m := Metadata{SchemaString: text}
		schema, err := m.Schema()
		if err != nil {
			return
		}
		again := Metadata{}.WithSchema(schema)
		if back, err := again.Schema(); err != nil || back.String() != schema.String() {
			t.Fatalf("%s is written as %s (%v)", text, again.SchemaString, err)
		}
		_ = m.check()
	})
}

func FuzzDeltaCheckpoint(f *testing.F) {
	store := volumestest.NewMemory()
	table := newTable(f, store, map[string]string{"delta.checkpointInterval": "1"})
	table.append("1.parquet")
	good, err := volumes.ReadFile(f.Context(), store, checkpointName(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Repeat([]byte("PAR1"), 10))
	f.Fuzz(func(t *testing.T, data []byte) {
		store := volumestest.NewMemory()
		if err := store.Put(t.Context(), checkpointName(1), data); err != nil {
			t.Fatal(err)
		}
		s, err := Open(store, Options{}).Snapshot(t.Context())
		if err != nil {
			return
		}
		for _, err := range s.Files(t.Context()) {
			_ = err
		}
	})
}
