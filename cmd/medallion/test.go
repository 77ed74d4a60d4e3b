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

// A suiteOf is the test suite of a pipeline, with its own files.
type suiteOf struct {
	pipeline layers.Pipeline
	steps    func([]layers.InputFile) []testsuite.Step
	fixtures func() []fixture
	real     []int64 // rows of the files of --files, in their order
	file     string  // how those are named, with their number
}

// fixture is one of the files that the program brings along.
type fixture struct {
	name string
	rows int64
}

func suites() map[string]suiteOf {
	return map[string]suiteOf{
		"invoices": {layers.Invoices(), layers.InvoicesSuite, invoiceFixtures, []int64{1253, 1257, 1484}, "invoices-%d.json"},
		"sales":    {layers.Sales(), layers.SalesSuite, salesFixtures, []int64{6, 3, 3}, "sales_%d.json"},
	}
}

func invoiceFixtures() []fixture {
	var all []fixture
	for _, b := range fixtures.Batches() {
		all = append(all, fixture{b.Name, int64(b.LineItems)})
	}
	return all
}

func salesFixtures() []fixture {
	return []fixture{{"sales_1.json", 6}, {"sales_2.json", 3}, {"sales_3.json", 3}}
}

func (a *app) testCommand() *cobra.Command {
	var files, pipeline string
	var times int
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Runs the test suite of a pipeline.",
		Long: "Runs the test suite of a pipeline: cleans, starts bronze, silver and gold, feeds file after file, and asserts the\n" +
			"tables and the archive. By default on the project's own fixtures and in a folder that is removed. Your own pipeline is\n" +
			"tested the same way from Go, by package testsuite.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			suite, ok := suites()[pipeline]
			if !ok {
				return fmt.Errorf("there is no pipeline %q; the pipelines are invoices and sales", pipeline)
			}
			for i := range times {
				if times > 1 {
					fmt.Fprintf(a.out, "=== run %d of %d\n", i+1, times)
				}
				if err := a.runSuite(cmd.Context(), suite, files, cmd.Flags().Changed("root")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&pipeline, "pipeline", "invoices", "the pipeline: invoices or sales")
	cmd.Flags().StringVar(&files, "files", "", "a folder with invoices-1.json … -3.json (1253, 1257 and 1484 line items), or sales_1.json … _3.json, instead of the fixtures")
	cmd.Flags().IntVar(&times, "times", 1, "how often to run it")
	return cmd
}

func (a *app) runSuite(ctx context.Context, suite suiteOf, files string, keep bool) error {
	dir, err := os.MkdirTemp("", "medallion-test-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of the system's temporary ones
	root := filepath.Join(dir, "root")
	if keep {
		root = a.root
	}
	input, err := suite.input(files, dir)
	if err != nil {
		return err
	}
	session, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		return err
	}
	defer session.Close()
	return testsuite.New(session, suite.pipeline.Suited(layers.Settings{}), a.out).RunSteps(ctx, suite.steps(input)...)
}

// input gives the files to feed in: those of a folder, or the fixtures unpacked into dir.
func (s suiteOf) input(files, dir string) ([]layers.InputFile, error) {
	if files == "" {
		return unpack(s.fixtures(), dir)
	}
	var input []layers.InputFile
	for i, rows := range s.real {
		path, err := filepath.Abs(filepath.Join(files, fmt.Sprintf(s.file, i+1)))
		if err != nil {
			return nil, err
		}
		input = append(input, layers.InputFile{Path: path, Rows: rows})
	}
	return input, nil
}

// unpack writes fixtures into a folder.
func unpack(all []fixture, dir string) ([]layers.InputFile, error) {
	var input []layers.InputFile
	for _, f := range all {
		data, err := fixtures.Files.ReadFile("data/" + f.name)
		if err != nil {
			return nil, err
		}
		path, err := filepath.Abs(filepath.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
		input = append(input, layers.InputFile{Path: path, Rows: f.rows})
	}
	return input, nil
}
