package delta

import (
	"errors"
	"testing"

	"lakehouse/internal/errclass"
)

// What a table is told by clauses of its own is no property.
func TestReservedProperties(t *testing.T) {
	for key, class := range map[string]errclass.Class{
		"location": errclass.UnsupportedFeature, "provider": errclass.UnsupportedFeature, "external": errclass.UnsupportedFeature,
		"owner": errclass.UnsupportedFeature, "clusteringColumns": errclass.DeltaCannotModify,
	} {
		if _, err := tableProperties(map[string]string{key: "x"}); !errors.Is(err, class) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := tableProperties(map[string]string{"locations": "x", "comment": "y"}); err != nil {
		t.Error(err)
	}
}
