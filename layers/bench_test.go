package layers

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lakehouse/fixtures"
	"lakehouse/medallion"
)

// benchMB is kept small so that `make bench` stays short; figures to be told are those of 200.
var benchMB = flag.Int("bench.mb", 20, "how many MB of invoices the pipeline benchmarks take in")

const landingFiles = 50

// BenchmarkPipeline takes a folder of invoices through the layers, availableNow, as the programs do.
func BenchmarkPipeline(b *testing.B) {
	landing, size := generateInvoices(b, b.TempDir(), int64(*benchMB)<<20)
	layers := Invoices().Layers // one of bronze, one of silver, then those of gold
	for _, of := range []struct {
		name     string
		from, to int // layers timed; those before are run outside the clock
	}{
		{"bronze", 0, 1},
		{"silver", 1, 2},
		{"gold", 2, len(layers)},
		{"whole", 0, len(layers)},
	} {
		b.Run(of.name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				b.StopTimer()
				session := newBenchSession(b)
				for _, layer := range layers[:of.from] {
					runLayer(b, session, layer, landing)
				}
				b.StartTimer()
				for _, layer := range layers[of.from:of.to] {
					runLayer(b, session, layer, landing)
				}
				b.StopTimer()
				session.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkSmallFiles takes in a thousand files of one row, in one batch.
func BenchmarkSmallFiles(b *testing.B) {
	const files = 1000
	landing := b.TempDir()
	var size int64
	for i := range files {
		size += generateFile(b, filepath.Join(landing, fmt.Sprintf("invoices_%04d.json", i)), fixtures.Batch{Seed: uint64(i + 1), Invoices: 1, LineItems: 2})
	}
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		session := newBenchSession(b)
		b.StartTimer()
		runLayer(b, session, Invoices().Layers[0], landing)
		b.StopTimer()
		session.Close()
		b.StartTimer()
	}
	b.ReportMetric(files*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

// BenchmarkMicroBatch puts small files in front of a running bronze layer, one after another. ms/batch is the median
// of what a batch takes from its trigger to its commit; ms/file that from the file's arrival to the settled query, polling included.
func BenchmarkMicroBatch(b *testing.B) {
	ctx, session := b.Context(), newBenchSession(b)
	defer session.Close()
	pipeline, landing := Invoices(), b.TempDir()
	query, err := pipeline.StartLayer(ctx, session, pipeline.Layers[0], benchSettings(landing, medallion.Trigger{}))
	if err != nil {
		b.Fatal(err)
	}
	spare := b.TempDir()
	var perFile, perBatch []float64
	for b.Loop() {
		b.StopTimer()
		name := fmt.Sprintf("invoices_%d.json", len(perFile))
		generateFile(b, filepath.Join(spare, name), fixtures.Batch{Seed: uint64(len(perFile) + 1), Invoices: 100, LineItems: 250})
		b.StartTimer()
		began := time.Now()
		if err := os.Rename(filepath.Join(spare, name), filepath.Join(landing, name)); err != nil {
			b.Fatal(err)
		}
		if err := query.ProcessAllAvailable(ctx); err != nil {
			b.Fatal(err)
		}
		perFile = append(perFile, time.Since(began).Seconds()*1000)
		if p := query.LastProgress(); p != nil {
			perBatch = append(perBatch, float64(p.BatchDuration))
		}
	}
	query.Stop()
	b.ReportMetric(median(perFile), "ms/file")
	b.ReportMetric(median(perBatch), "ms/batch")
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)/2]
}

func newBenchSession(b *testing.B) *medallion.Session {
	b.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	return session
}

func benchSettings(landing string, trigger medallion.Trigger) Settings {
	return Settings{Source: "file:" + landing, CleanSource: "off", Trigger: trigger}
}

// runLayer runs a layer over what is there.
func runLayer(b *testing.B, session *medallion.Session, layer Layer, landing string) {
	b.Helper()
	query, err := Invoices().StartLayer(b.Context(), session, layer, benchSettings(landing, medallion.AvailableNow()))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := query.AwaitTermination(context.WithoutCancel(b.Context())); err != nil {
		b.Fatal(err)
	}
}

// generateInvoices fills a folder with files of invoices, about size bytes in all.
func generateInvoices(b *testing.B, dir string, size int64) (landing string, total int64) {
	b.Helper()
	const perInvoice = 770 // bytes, about
	invoices := int(size / landingFiles / perInvoice)
	for i := range landingFiles {
		total += generateFile(b, filepath.Join(dir, fmt.Sprintf("invoices_%02d.json", i)),
			fixtures.Batch{Seed: uint64(i + 1), Invoices: invoices, LineItems: invoices * 5 / 2})
	}
	return dir, total
}

func generateFile(b *testing.B, name string, batch fixtures.Batch) int64 {
	b.Helper()
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := fixtures.Invoices(f, batch); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil { // or the first layer's own sync would wait for this file too
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
