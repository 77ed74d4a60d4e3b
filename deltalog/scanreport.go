package deltalog

import (
	"context"
	"fmt"

	"lakehouse/internal/predicate"
)

// A FileCount is some data files and their size together.
type FileCount struct {
	Files int64
	Bytes int64
}

func (c *FileCount) add(bytes int64) { c.Files, c.Bytes = c.Files+1, c.Bytes+bytes }

// String tells them in words: "2 files (1024 bytes)".
func (c FileCount) String() string { return fmt.Sprintf("%d files (%d bytes)", c.Files, c.Bytes) }

// A ScanReport says which files a scan reads, and why it passes over the others.
type ScanReport struct {
	Read         FileCount
	ByPartition  FileCount // passed over: their partition has no such rows
	ByStatistics FileCount // passed over: their statistics say so
}

// Report looks at all files of the version, and counts those that the scan reads and those that it passes over.
func (s *Scan) Report(ctx context.Context) (ScanReport, error) {
	var report ScanReport
	for add, err := range s.snapshot.Files(ctx) {
		if err != nil {
			return report, err
		}
		file, keep, err := s.plan(add)
		switch {
		case err != nil:
			return report, err
		case keep:
			report.Read.add(add.Size)
		case s.inPartition(&file):
			report.ByStatistics.add(add.Size)
		default:
			report.ByPartition.add(add.Size)
		}
	}
	return report, nil
}

// inPartition reports whether a file's partition alone leaves it open that it has such rows.
func (s *Scan) inPartition(file *ScanFile) bool {
	return predicate.MayMatch(s.where, file.NumRecords, func(column []string) (predicate.ColumnStats, bool) {
		return partitionStats(s.partition, file.Partition, column, max(file.NumRecords, 1))
	})
}

// String tells the report in a line: "2 files (1024 bytes) read; 8 files (4096 bytes) pruned by partition".
func (r ScanReport) String() string {
	text := r.Read.String() + " read"
	if r.ByPartition.Files > 0 {
		text += "; " + r.ByPartition.String() + " pruned by partition"
	}
	if r.ByStatistics.Files > 0 {
		text += "; " + r.ByStatistics.String() + " pruned by statistics"
	}
	return text
}
