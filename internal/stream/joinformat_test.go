package stream

import (
	"errors"
	"testing"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
)

// A join of streams reads the first and the second version of Spark's format; the others are RocksDB's alone.
func TestJoinsInAnotherFormatAreRefused(t *testing.T) {
	join := state.Spec{Name: exec.StreamJoinName}
	for version, refused := range map[string]bool{"1": false, "2": false, "3": true, "4": true} {
		conf := checkpoint.DefaultConf(2).With(checkpoint.JoinStateVersion, version)
		if err := checkJoinState(join, conf); errors.Is(err, errclass.UnsupportedFeature) != refused {
			t.Errorf("version %s: %v", version, err)
		}
		if err := checkJoinState(state.Spec{Name: "dedupe"}, conf); err != nil {
			t.Errorf("version %s does not matter to others: %v", version, err)
		}
	}
	if err := checkJoinState(join, checkpoint.Conf{}); err != nil {
		t.Errorf("no version, as Spark before 3.0 has it: %v", err)
	}
}
