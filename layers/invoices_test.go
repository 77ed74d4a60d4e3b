package layers

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"lakehouse/fixtures"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
	"lakehouse/testsuite"
)

var suiteTimes = flag.Int("suite.times", 2, "how often the invoices suite runs on each set of files")

// The suite passes on the fixtures and on real files, as often as it is run: nothing in it depends on timing.
func TestInvoicesSuiteManyTimes(t *testing.T) {
	t.Run("fixtures", func(t *testing.T) { runSuite(t, fixtureFiles(t), *suiteTimes) })
	t.Run("real", func(t *testing.T) { runSuite(t, realFiles(t), *suiteTimes) })
}

// The suite of the sales pipeline passes, too.
func TestSalesSuite(t *testing.T) {
	suite := testsuite.New(newSession(t), Sales().Suited(Settings{}), t.Output())
	testsuite.Run(t, suite, SalesSuite(salesFixtures(t))...)
}

func runSuite(t *testing.T, files []InputFile, times int) {
	t.Helper()
	for i := range times {
		session := newSession(t)
		suite := testsuite.New(session, Invoices().Suited(Settings{}), transcript(t, i))
		testsuite.Run(t, suite, InvoicesSuite(files)...)
		session.Close()
	}
}

// transcript is shown for the first run only.
func transcript(t *testing.T, run int) io.Writer {
	if run == 0 {
		return t.Output()
	}
	return io.Discard
}

func newSession(t *testing.T) *medallion.Session {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

func fixtureFiles(t *testing.T) []InputFile {
	t.Helper()
	var files []InputFile
	for _, b := range fixtures.Batches() {
		path, err := filepath.Abs(filepath.Join("..", "fixtures", "data", b.Name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, InputFile{Path: path, Rows: int64(b.LineItems)})
	}
	return files
}

// salesFixtures are the files of the sales pipeline.
func salesFixtures(t *testing.T) []InputFile {
	t.Helper()
	var files []InputFile
	for i, rows := range []int64{6, 3, 3} {
		path, err := filepath.Abs(filepath.Join("..", "fixtures", "data", fmt.Sprintf("sales_%d.json", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, InputFile{Path: path, Rows: rows})
	}
	return files
}

func realFiles(t *testing.T) []InputFile {
	t.Helper()
	var files []InputFile
	for i, items := range []int64{1253, 1257, 1484} {
		path, err := filepath.Abs(realdata.Path(t, "invoices", []string{"invoices-1.json", "invoices-2.json", "invoices-3.json"}[i]))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, InputFile{Path: path, Rows: items})
	}
	return files
}
