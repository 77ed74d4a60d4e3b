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
