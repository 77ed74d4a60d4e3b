package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/parquetio"
)

// inParts makes the classic checkpoint of a version one in two parts, as other writers make them, and takes the commits before it away.
func inParts(version int64) func(*lake, string) {
	return func(l *lake, name string) {
		l.t.Helper()
		log := filepath.Join(l.root, name, "_delta_log")
		whole := filepath.Join(log, fmt.Sprintf("%020d.checkpoint.parquet", version))
		data, err := os.ReadFile(whole)
		if err != nil {
			l.t.Fatal(err)
		}
		rows, file := l.rowsOfFile(data)
		const parts = 2
		for part := range int64(parts) {
			var out bytes.Buffer
			schema, err := file.Schema()
			if err != nil {
				l.t.Fatal(err)
			}
			w, err := parquetio.NewWriter(&out, schema, parquetio.WriterOptions{})
			if err != nil {
				l.t.Fatal(err)
			}
			for _, b := range rows {
				n := b.NumRows()
				if err := w.Write(b.NewSlice(part*n/parts, (part+1)*n/parts)); err != nil {
					l.t.Fatal(err)
				}
			}
			if _, err := w.Close(); err != nil {
				l.t.Fatal(err)
			}
			l.putFile(filepath.Join(log, fmt.Sprintf("%020d.checkpoint.%010d.%010d.parquet", version, part+1, parts)), out.Bytes())
		}
		if err := os.Remove(whole); err != nil {
			l.t.Fatal(err)
		}
		l.putFile(filepath.Join(log, "_last_checkpoint"), fmt.Appendf(nil, `{"version":%d,"size":%d,"parts":%d}`, version, countRows(rows), parts))
		l.forgetCommits(name, version)
	}
}

func (l *lake) rowsOfFile(data []byte) ([]arrow.RecordBatch, *parquetio.File) {
	l.t.Helper()
	file, err := parquetio.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		l.t.Fatal(err)
	}
	schema, err := file.Schema()
	if err != nil {
		l.t.Fatal(err)
	}
	pieces, err := file.Pieces(parquetio.ReadOptions{Schema: schema})
	if err != nil {
		l.t.Fatal(err)
	}
	var rows []arrow.RecordBatch
	for _, piece := range pieces {
		some, err := batch.Collect(piece.Read(l.t.Context()))
		if err != nil {
			l.t.Fatal(err)
		}
		rows = append(rows, some...)
	}
	return rows, file
}

func (l *lake) putFile(name string, data []byte) {
	l.t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// compacted writes beside some commits, of a table that only ever gained files, what they come to.
func compacted(from, to int64) func(*lake, string) {
	return func(l *lake, name string) {
		l.t.Helper()
		log := filepath.Join(l.root, name, "_delta_log")
		var whole bytes.Buffer
		for version := from; version <= to; version++ {
			data, err := os.ReadFile(filepath.Join(log, fmt.Sprintf("%020d.json", version)))
			if err != nil {
				l.t.Fatal(err)
			}
			for line := range bytes.Lines(data) {
				var action map[string]json.RawMessage
				if err := json.Unmarshal(line, &action); err != nil {
					l.t.Fatal(err)
				}
				if action["remove"] != nil {
					l.t.Fatalf("version %d removes files", version)
				}
				if action["commitInfo"] == nil {
					whole.Write(line)
				}
			}
		}
		l.putFile(filepath.Join(log, fmt.Sprintf("%020d.%020d.compacted.json", from, to)), whole.Bytes())
	}
}
