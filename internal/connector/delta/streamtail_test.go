package delta

import (
	"bytes"
	"fmt"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// tail is a query's way through a table: the batches that it plans and reads.
type tail struct {
	*lake
	source stream.Source
	at     stream.Offset
	limit  stream.ReadLimit
}

func (l *lake) provider(options map[string]string) (*Provider, error) {
	opts, err := ParseReadOptions(options, true)
	if err != nil {
		return nil, err
	}
	return NewProvider(l.Context(), l.table, opts)
}

// tail begins a query, or, from an offset, goes on with it.
func (l *lake) tail(options map[string]string, at stream.Offset) *tail {
	l.Helper()
	p, err := l.provider(options)
	if err != nil {
		l.Fatal(err)
	}
	source, err := p.Open(l.Context(), stream.SourceStart{First: at == nil})
	if err != nil {
		l.Fatal(err)
	}
	return &tail{lake: l, source: source, at: at}
}

// rows reads a batch that was planned.
func (q *tail) rows(start, end stream.Offset) (string, error) {
	source, err := q.source.Rows(q.Context(), start, end)
	if err != nil {
		return "", err
	}
	opts := logical.ScanOptions{}
	if source.Schema().Index("p") >= 0 {
		opts.Columns = []string{"n"}
	}
	return scanned(q.Context(), source, opts)
}

// try plans a batch and reads it: its rows, "-" for a batch without rows, "" for no batch.
func (q *tail) try() (string, error) {
	end, err := q.source.Latest(q.Context(), 0, q.at, q.limit)
	if err != nil || bytes.Equal(end, q.at) {
		return "", err
	}
	rows, err := q.rows(q.at, end)
	if err == nil {
		q.at = end
	}
	if rows == "" {
		rows = "-"
	}
	return rows, err
}

// batches runs batches until nothing is left, the numbers of their rows only.
func (q *tail) batches() string {
	q.Helper()
	var all []string
	for len(all) < 100 {
		rows, err := q.try()
		if err != nil {
			q.Fatalf("after %v: %v", all, err)
		}
		if rows == "" {
			break
		}
		all = append(all, plain(rows))
	}
	return strings.Join(all, " | ")
}

// plain is the numbers of the rows.
func plain(rows string) string { return strings.NewReplacer(`{"n":`, "", "}", "").Replace(rows) }

func logName(version int) string { return fmt.Sprintf("_delta_log/%020d.json", version) }

// number makes a version of numbers, each in a file of its own.
func (l *lake) number(numbers ...int) {
	l.Helper()
	rows := make([]string, len(numbers))
	for i, n := range numbers {
		rows[i] = fmt.Sprintf(`{"n":%d,"p":%d}`, n, n)
	}
	opts := l.options(nil)
	opts.PartitionBy = []string{"p"}
	if _, err := Write(l.Context(), l.table, l.rows("n long, p int", rows...), opts); err != nil {
		l.Fatal(err)
	}
}

// empty makes a version that changes no rows.
func (l *lake) empty() {
	l.Helper()
	l.commit(func(_ *deltalog.Snapshot, txn *deltalog.Txn) { txn.SetTransaction("other", 1) })
}

// delete makes a version without the file that holds the number, and with others.
func (l *lake) delete(number int, add ...deltalog.AddFile) {
	l.Helper()
	l.commit(func(_ *deltalog.Snapshot, txn *deltalog.Txn) {
		txn.Remove(l.file(number))
		txn.Add(add...)
	})
}

// file is the one that holds the number.
func (l *lake) file(number int) deltalog.AddFile {
	l.Helper()
	for _, f := range l.files() {
		if strings.HasPrefix(f.Path, fmt.Sprintf("p=%d/", number)) {
			return f
		}
	}
	l.Fatalf("no file holds %d", number)
	return deltalog.AddFile{}
}

// rewrite puts the number's file in place of itself, as an update does.
func (l *lake) rewrite(number int) {
	f := l.file(number)
	copied := l.copyFile(f)
	l.delete(number, copied)
}

// compact does the same without a change of data.
func (l *lake) compact(number int) {
	f := l.file(number)
	copied := l.copyFile(f)
	copied.DataChange = false
	l.commit(func(_ *deltalog.Snapshot, txn *deltalog.Txn) {
		txn.RemoveFile(deltalog.RemoveFile{Path: f.Path, PartitionValues: f.PartitionValues, Size: f.Size})
		txn.Add(copied)
	})
}

func (l *lake) copyFile(f deltalog.AddFile) deltalog.AddFile {
	l.Helper()
	data, err := volumes.ReadFile(l.Context(), l.store, f.Path)
	if err == nil {
		f.Path += ".copy"
		err = l.store.Put(l.Context(), f.Path, data)
	}
	if err != nil {
		l.Fatal(err)
	}
	return f
}
