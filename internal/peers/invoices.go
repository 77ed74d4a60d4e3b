package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lakehouse/fixtures"
)

// A Folder is generated input: files of invoices, one JSON object a line.
type Folder struct {
	Dir      string
	Files    int
	Bytes    int64
	Invoices int
	Items    int
}

// String tells the sizes in words, for the head of a report.
func (f Folder) String() string {
	return fmt.Sprintf("%d files, %.1f MB, %d invoices, %d line items", f.Files, float64(f.Bytes)/1e6, f.Invoices, f.Items)
}

const (
	jobFiles     = 50
	invoiceBytes = 688 // of one invoice of two and a half items, about
)

// generateJob fills dir with the job's files, of about mb million bytes in all.
func generateJob(ctx context.Context, dir string, mb int) (Folder, error) {
	return generate(ctx, dir, jobFiles, max(mb*1_000_000/jobFiles/invoiceBytes, 2))
}

// generate fills dir with files of so many invoices each, every file another.
func generate(ctx context.Context, dir string, files, each int) (Folder, error) {
	folder := Folder{Dir: dir, Files: files}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return folder, err
	}
	for i := range files {
		if err := ctx.Err(); err != nil {
			return folder, err
		}
		batch := fixtures.Batch{Seed: uint64(i + 1), Invoices: each, LineItems: each * 5 / 2}
		size, err := writeInvoices(filepath.Join(dir, fmt.Sprintf("invoices_%05d.json", i)), batch)
		if err != nil {
			return folder, fmt.Errorf("generate invoices: %w", err)
		}
		folder.Bytes += size
		folder.Invoices += batch.Invoices
		folder.Items += batch.LineItems
	}
	return folder, nil
}

// writeInvoices makes one file and gives its size.
func writeInvoices(name string, batch fixtures.Batch) (size int64, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	buffered := bufio.NewWriter(file)
	err = errors.Join(fixtures.Invoices(buffered, batch), buffered.Flush())
	if info, statErr := file.Stat(); statErr == nil {
		size = info.Size()
	}
	return size, errors.Join(err, file.Close())
}
