package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lakehouse/fixtures"
	"lakehouse/layers"
	"lakehouse/medallion"
	"lakehouse/testsuite"
)

func (a *app) testCommand() *cobra.Command {
	var files string
	var times int
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Runs the test suite of the invoices pipeline.",
		Long: "Runs the test suite of the invoices pipeline: cleans, starts bronze, silver and gold, feeds file after file, and\n" +
			"asserts the tables and the archive. By default on the project's own fixtures and in a folder that is removed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for i := range times {
				if times > 1 {
					fmt.Fprintf(a.out, "=== run %d of %d\n", i+1, times)
				}
				if err := a.invoicesSuite(cmd.Context(), files, cmd.Flags().Changed("root")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&files, "files", "", "a folder with invoices-1.json … -3.json (501, 500 and 590 invoices) instead of the fixtures")
	cmd.Flags().IntVar(&times, "times", 1, "how often to run it")
	return cmd
}

func (a *app) invoicesSuite(ctx context.Context, files string, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "medallion-test-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of the system's temporary ones
	root := filepath.Join(dir, "root")
	if keep {
		root = a.root
	}
	input, err := suiteFiles(files, dir)
	if err != nil {
		return err
	}
	session, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		return err
	}
	defer session.Close()
	suite := testsuite.New(session, layers.Invoices().Suited(layers.Settings{}), a.out)
	return suite.RunSteps(ctx, layers.InvoicesSuite(input)...)
}

// suiteFiles gives the files to feed in: real ones, or the fixtures unpacked into dir.
func suiteFiles(files, dir string) ([]layers.InvoiceFile, error) {
	if files != "" {
		var input []layers.InvoiceFile
		for i, items := range []int64{1253, 1257, 1484} {
			path, err := filepath.Abs(filepath.Join(files, fmt.Sprintf("invoices-%d.json", i+1)))
			if err != nil {
				return nil, err
			}
			input = append(input, layers.InvoiceFile{Path: path, LineItems: items})
		}
		return input, nil
	}
	return unpackFixtures(dir)
}

// unpackFixtures writes the fixture files into a folder.
func unpackFixtures(dir string) ([]layers.InvoiceFile, error) {
	var input []layers.InvoiceFile
	for _, b := range fixtures.Batches() {
		data, err := fixtures.Files.ReadFile("data/" + b.Name)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, b.Name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		input = append(input, layers.InvoiceFile{Path: abs, LineItems: int64(b.LineItems)})
	}
	return input, nil
}
