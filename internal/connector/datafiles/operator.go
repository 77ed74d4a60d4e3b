package datafiles

import (
	"context"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

type (
	// Config says how rows become files. Text and Folder are Delta's, which are Spark's, unless others are given.
	Config = datafiles.Config
	// An Encoder turns rows into the bytes of one file.
	Encoder = datafiles.Encoder
	// A File is a data file that is complete. Nobody knows of it yet.
	File = datafiles.File
)

// A Writer writes an operator's rows into data files.
type Writer struct{ *datafiles.Writer }

// New makes a writer. It is used once.
func New(config Config) *Writer {
	if config.Text == nil {
		config.Text = deltalog.PartitionValue
	}
	if config.Folder == nil {
		config.Folder = deltalog.PartitionDir
	}
	return &Writer{datafiles.New(config)}
}

// Write walks the rows with up to n workers. The files come in the order of their names. Those of a write that fails are left.
func (w *Writer) Write(ctx context.Context, op exec.Operator, n int) ([]File, error) {
	return w.Writer.Write(ctx, func(ctx context.Context) []batch.Seq { return op.Execute(ctx, n) })
}

// PartitionColumns spells the columns that a table is to be partitioned by as its schema does.
func PartitionColumns(schema types.Struct, by []string) ([]string, error) {
	columns := make([]string, len(by))
	for i, p := range by {
		at := schema.Index(p)
		if at < 0 {
			return nil, errclass.UnresolvedColumn.New("the partition column `%s` is not among the columns [`%s`].", p, strings.Join(schema.Names(), "`, `")).
				WithHint("%s", errclass.DidYouMean(p, schema.Names()))
		}
		columns[i] = schema.Fields[at].Name
		if slices.Contains(columns[:i], columns[i]) {
			return nil, errclass.DeltaDuplicateColumns.New("Found duplicate column(s) in the partitioning: %s", columns[i])
		}
	}
	if len(by) > 0 && len(by) == len(schema.Fields) {
		return nil, errclass.AllPartitionColumns.New("Cannot use all columns for partition columns.")
	}
	return columns, nil
}
