package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Spark makes the table of each feature in the same words, with the same protocol, and we read it; then each changes the other's table, and
// both read the same again.
func TestInteropFeaturesOfBoth(t *testing.T) {
	peers := startPeers(t)
	spark := named(peers, "Spark")
	if spark == nil {
		t.Skip("Spark is not installed, or not asked for")
	}
	l := newLake(t)
	for i, f := range features() {
		if len(f.steps) == 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			back := *l
			back.t = t
			b := &both{lake: &back, spark: spark, feature: f}
			t.Run("Theirs", func(t *testing.T) { b.theirs(t, fmt.Sprintf("theirs_%02d", i)) })
			t.Run("Ours", func(t *testing.T) { b.ours(t, fmt.Sprintf("ours_%02d", i)) })
		})
	}
}

// both is a feature that Spark and we make use of.
type both struct {
	*lake
	spark   *peer
	feature feature
}

func (b *both) theirs(t *testing.T, name string) {
	at := reading{name: name, path: filepath.Join(b.root, name)}
	if b.feature.first != nil {
		b.feature.first(b.lake, name)
	}
	if err := b.inSpark(at, b.feature.steps); err != nil {
		t.Fatal(err)
	}
	if got := protocolOf(t, at.path); got != b.feature.protocol {
		t.Errorf("Spark's table asks for %s, ours for %s", got, b.feature.protocol)
	}
	b.same(t, "made by Spark", at)
	if err := b.here(t, at, b.feature.changes); err != nil {
		if b.feature.later(err) {
			t.Skip("not yet: ", err)
		}
		t.Fatal("we:", err)
	}
	b.same(t, "made by Spark, changed by us", at)
}

func (b *both) ours(t *testing.T, name string) {
	if b.feature.changes == nil {
		t.Skip("nothing is said to change")
	}
	at, err := b.built(t, b.feature, name)
	if b.feature.later(err) {
		t.Skip("not yet: ", err)
	}
	if err == nil {
		err = b.inSpark(at, b.feature.changes)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.same(t, "made by us, changed by Spark", at)
}

// same reads the table with both, and its changes where it keeps them.
func (b *both) same(t *testing.T, what string, at reading) {
	t.Helper()
	if err := b.compare(t, b.spark, at); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if !strings.Contains(b.feature.steps[0], "delta.enableChangeDataFeed") {
		return
	}
	at.options = map[string]string{"readChangeFeed": "true", "startingVersion": "0"}
	if err := b.compare(t, b.spark, at); err != nil {
		t.Errorf("%s, its changes: %v", what, err)
	}
}

func (b *both) inSpark(at reading, steps []string) error {
	for _, step := range steps {
		if _, err := b.spark.ask(request{Do: "sql", Text: b.filled(step, at)}); err != nil {
			return fmt.Errorf("%w\n  in %s", err, step)
		}
	}
	return nil
}

func (b *both) here(t *testing.T, at reading, steps []string) error {
	for _, step := range steps {
		step = strings.ReplaceAll(step, "{t}", "delta.`{path}`")
		frame, err := b.session.SQL(t.Context(), b.filled(step, at))
		if err == nil {
			_, err = frame.Collect(t.Context())
		}
		if err != nil {
			return &stepError{step, err}
		}
	}
	return nil
}

// filled names the table in a step: one that was made here is known to Spark by its path alone.
func (b *both) filled(step string, at reading) string {
	name := filepath.Base(at.path)
	if strings.HasPrefix(name, "ours") {
		name = "delta.`" + at.path + "`"
	}
	return strings.NewReplacer("{t}", name, "{path}", at.path, "{root}", b.root).Replace(step)
}
