package layers

import (
	"flag"
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

func runSuite(t *testing.T, files []InvoiceFile, times int) {
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

func fixtureFiles(t *testing.T) []InvoiceFile {
	t.Helper()
	var files []InvoiceFile
	for _, b := range fixtures.Batches() {
		path, err := filepath.Abs(filepath.Join("..", "fixtures", "data", b.Name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, InvoiceFile{Path: path, LineItems: int64(b.LineItems)})
	}
	return files
}

func realFiles(t *testing.T) []InvoiceFile {
	t.Helper()
	var files []InvoiceFile
	for i, items := range []int64{1253, 1257, 1484} {
		path, err := filepath.Abs(realdata.Path(t, "invoices", []string{"invoices-1.json", "invoices-2.json", "invoices-3.json"}[i]))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, InvoiceFile{Path: path, LineItems: items})
	}
	return files
}
