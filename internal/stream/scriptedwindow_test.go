package stream

import (
	"testing"

	"lakehouse/volumes/volumestest"
)

// Windows, sessions, limits and chains of aggregates give what Spark gives, batch by batch, in every mode; what Spark refuses is
// refused.
func TestScriptedWindowsGiveWhatSparkGives(t *testing.T) {
	answers := map[string]scriptedAnswer{}
	for _, a := range readScriptedOf[scriptedAnswer](t, "windows", "spark.json") {
		answers[a.Name] = a
	}
	ran, refused := 0, 0
	for _, c := range readScriptedOf[scripted](t, "windows", "cases.json") {
		t.Run(c.Name, func(t *testing.T) {
			want, ok := answers[c.Name]
			if !ok {
				t.Fatal("Spark was not asked: run ../stateful/spark.py missing")
			}
			compareScripted(t, c.run(t, volumestest.NewMemory()), want)
		})
		ran++
		if answers[c.Name].Error != "" {
			refused++
		}
	}
	t.Logf("%d cases, of which Spark refuses %d", ran, refused)
}

// The same where each batch is a run of its own, which ends when nothing is left to do: what a restart reads back, and the batches
// without data at the end of each run, are Spark's.
func TestScriptedWindowsOverRestarts(t *testing.T) {
	answers := map[string]scriptedAnswer{}
	for _, a := range readScriptedOf[scriptedAnswer](t, "windows", "restarts_spark.json") {
		answers[a.Name] = a
	}
	for _, c := range readScriptedOf[scripted](t, "windows", "restarts.json") {
		t.Run(c.Name, func(t *testing.T) {
			store := volumestest.NewMemory()
			all := scriptedAnswer{Name: c.Name}
			runs := 0
			for _, s := range c.Streams {
				runs = len(s.Batches)
			}
			for n := 1; n <= runs && all.Error == ""; n++ {
				part := c
				part.Streams = map[string]scriptedStream{}
				for name, s := range c.Streams {
					s.Batches = s.Batches[:n]
					part.Streams[name] = s
				}
				answer := part.run(t, store)
				all.Batches, all.Error = append(all.Batches, answer.Batches...), answer.Error
			}
			compareScripted(t, all, answers[c.Name])
		})
	}
}
