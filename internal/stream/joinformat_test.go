package stream

import (
	"errors"
	"testing"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
)

// A join of streams reads the second version of Spark's format. Where a checkpoint says nothing it has the first.
func TestJoinsInAnotherFormatAreRefused(t *testing.T) {
	join := state.Spec{Name: exec.StreamJoinName}
	for version, refused := range map[string]bool{"1": true, "2": false, "3": true, "4": true} {
		conf := checkpoint.DefaultConf(2).With(checkpoint.JoinStateVersion, version)
		if err := checkJoinState(join, conf); errors.Is(err, errclass.UnsupportedFeature) != refused {
			t.Errorf("version %s: %v", version, err)
		}
		if err := checkJoinState(state.Spec{Name: "dedupe"}, conf); err != nil {
			t.Errorf("version %s does not matter to others: %v", version, err)
		}
	}
	if err := checkJoinState(join, checkpoint.Conf{}); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Errorf("no version: %v", err)
	}
}
