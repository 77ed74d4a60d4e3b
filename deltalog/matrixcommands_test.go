package deltalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// A command does something to the table between reading it and committing. A nil transaction has nothing to commit.
type command struct {
	name string
	run  func(ctx context.Context, l *lake, table *Table) (*Txn, error)
}

// on is a command of one transaction.
func on(name, operation string, fill func(ctx context.Context, l *lake, x *Txn) error) command {
	return command{name, func(ctx context.Context, l *lake, table *Table) (*Txn, error) {
		s, err := table.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		x := s.Begin(Operation{Name: operation})
		return x, fill(ctx, l, x)
	}}
}

// rewrite is a command that reads the partition's files and puts others in their place.
func rewrite(name, operation, day string, change func([]string) []string) command {
	return on(name, operation, func(ctx context.Context, l *lake, x *Txn) error {
		if day == "" {
			x.ReadFiles(nil)
		} else {
			x.ReadFiles(onDay(day))
		}
		files, err := live(ctx, x.Snapshot(), day)
		if err != nil {
			return err
		}
		x.Remove(files...)
		var rows []string
		for _, f := range files {
			rows = append(rows, l.rows[f.Path]...)
		}
		if rows = change(rows); len(rows) > 0 {
			x.Add(l.file(cmp.Or(day, "1"), rows...))
		}
		return nil
	})
}

func marked(mark string) func([]string) []string {
	return func(rows []string) []string {
		out := slices.Clone(rows)
		for i := range out {
			out[i] += mark
		}
		return out
	}
}

func constant(rows ...string) func([]string) []string {
	return func([]string) []string { return rows }
}

// commands are what the matrix is about, each once for partition 1; those that can keep to a partition for 2 as well.
func commands() []command {
	one := []command{}
	for _, day := range []string{"1", "2"} {
		one = append(one,
			on("append "+day, "WRITE", func(_ context.Context, l *lake, x *Txn) error {
				x.Add(l.file(day, "new"))
				return nil
			}),
			on("dynamic overwrite "+day, "WRITE", func(ctx context.Context, l *lake, x *Txn) error {
				x.Add(l.file(day, "dynamic"))
				if err := x.ReadPartitions(x.actions.Adds); err != nil {
					return err
				}
				files, err := live(ctx, x.Snapshot(), day)
				x.Remove(files...)
				return err
			}),
			rewrite("delete "+day, "DELETE", day, constant()),
			rewrite("update "+day, "UPDATE", day, marked("+")),
			rewrite("merge "+day, "MERGE", day, func(rows []string) []string { return append(marked("*")(rows), "merged") }),
			command{"delete by vector " + day, deleteByVector(day)},
			command{"optimize " + day, compact(day)},
		)
	}
	return append(one,
		rewrite("overwrite", "WRITE", "", constant("all")),
		on("insert from itself", "WRITE", func(_ context.Context, l *lake, x *Txn) error {
			x.ReadWholeTable()
			x.Add(l.file("1", "derived"))
			return nil
		}),
		on("vacuum", "VACUUM START", func(context.Context, *lake, *Txn) error { return nil }),
		command{"restore", restore},
		on("metadata", "SET TBLPROPERTIES", func(_ context.Context, _ *lake, x *Txn) error {
			m := x.Snapshot().Metadata()
			m.Description = "changed"
			x.UpdateMetadata(m)
			return nil
		}),
		on("identity insert", "WRITE", func(_ context.Context, l *lake, x *Txn) error {
			m := x.Snapshot().Metadata()
			m.Configuration["mark"] = "1"
			x.UpdateMetadata(m)
			x.op.Tags = map[string]string{tagIdentity: "true"}
			x.Add(l.file("1", "id"))
			return nil
		}),
		on("protocol", "UPGRADE PROTOCOL", func(_ context.Context, _ *lake, x *Txn) error {
			raised, err := x.Snapshot().Protocol().With("changeDataFeed")
			x.UpdateProtocol(raised)
			return err
		}),
		on("stream", "STREAMING UPDATE", func(_ context.Context, l *lake, x *Txn) error {
			x.SetTransaction("query", 7)
			x.Add(l.file("2", "streamed"))
			return nil
		}),
		on("domain", "SET DOMAIN", func(_ context.Context, _ *lake, x *Txn) error {
			x.SetDomain(DomainMetadata{Domain: "mine", Configuration: "{}"})
			return nil
		}),
		command{"create", func(_ context.Context, _ *lake, table *Table) (*Txn, error) {
			x := table.BeginCreate(Operation{Name: "CREATE TABLE"})
			x.UpdateMetadata(Metadata{}.WithSchema(peopleSchema))
			return x, nil
		}},
		command{"checkpoint", func(ctx context.Context, _ *lake, table *Table) (*Txn, error) {
			s, err := table.Snapshot(ctx)
			if err != nil {
				return nil, err
			}
			return nil, s.Checkpoint(ctx)
		}},
	)
}

// deleteByVector takes the first row out of the partition's first file.
func deleteByVector(day string) func(context.Context, *lake, *Table) (*Txn, error) {
	return on("", "DELETE", func(ctx context.Context, l *lake, x *Txn) error {
		x.ReadFiles(onDay(day))
		files, err := live(ctx, x.Snapshot(), day)
		if err != nil || len(files) == 0 {
			return err
		}
		f := files[0]
		x.Remove(f)
		f.DeletionVector = &DeletionVector{StorageType: "i", PathOrInlineDV: fmt.Sprint("row", len(l.rows[f.Path])), SizeInBytes: 1, Cardinality: 1}
		x.Add(f)
		return nil
	}).run
}

// compact puts the partition's rows into one file.
func compact(day string) func(context.Context, *lake, *Table) (*Txn, error) {
	return on("", "OPTIMIZE", func(ctx context.Context, l *lake, x *Txn) error {
		files, err := live(ctx, x.Snapshot(), day)
		x.ReadNamed(files...)
		if err != nil || len(files) == 0 {
			return err
		}
		var rows []string
		for _, f := range files {
			x.RemoveFile(f.Removed(x.Now(), false))
			rows = append(rows, l.rows[f.Path]...)
		}
		into := l.file(day, rows...)
		into.DataChange = false
		x.Add(into)
		return nil
	}).run
}

// restore makes the table what its first version with rows was.
func restore(ctx context.Context, _ *lake, table *Table) (*Txn, error) {
	s, err := table.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	old, err := table.SnapshotAt(ctx, 1)
	if err != nil {
		return nil, err
	}
	have, err := live(ctx, s, "")
	if err != nil {
		return nil, err
	}
	want, err := live(ctx, old, "")
	if err != nil {
		return nil, err
	}
	x := s.Begin(Operation{Name: "RESTORE"})
	x.Alone()
	for _, f := range have {
		if !slices.ContainsFunc(want, func(w AddFile) bool { return w.key() == f.key() }) {
			x.Remove(f)
		}
	}
	for _, f := range want {
		if !slices.ContainsFunc(have, func(h AddFile) bool { return h.key() == f.key() }) {
			x.Add(f)
		}
	}
	return x, nil
}
