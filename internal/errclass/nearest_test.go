package errclass_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func TestNearestOrdersByDistance(t *testing.T) {
	candidates := []string{"country", "Customer", "count", "amount"}
	tests := []struct {
		name string
		n    int
		want []string
	}{
		{"cuont", 2, []string{"count", "amount"}},
		{"COUNT", 1, []string{"count"}},
		{"customer", 9, []string{"Customer", "country", "count", "amount"}},
		{"count", 0, []string{}},
	}
	for _, test := range tests {
		if got := errclass.Nearest(test.name, candidates, test.n); !slices.Equal(got, test.want) {
			t.Errorf("Nearest(%q, %d) = %q, want %q", test.name, test.n, got, test.want)
		}
	}
	if got := errclass.Nearest("ab", []string{"x1", "x2", "x3"}, 3); !slices.Equal(got, []string{"x1", "x2", "x3"}) {
		t.Errorf("candidates equally far away are %q: not in the order given", got)
	}
}

func TestDidYouMeanKnowsSlipsOfTheFingers(t *testing.T) {
	tests := []struct {
		name       string
		candidates []string
		want       string
	}{
		{"maxFilePerTrigger", []string{"latestFirst", "maxFilesPerTrigger"}, "Did you mean `maxFilesPerTrigger`?"},
		{"MAXFILESPERTRIGER", []string{"maxFilesPerTrigger"}, "Did you mean `maxFilesPerTrigger`?"},
		{"cloudFiles.maxFilePerTriger", []string{"cloudFiles.maxFilesPerTrigger"}, "Did you mean `cloudFiles.maxFilesPerTrigger`?"},
		{"ordres", []string{"customers", "orders"}, "Did you mean `orders`?"},
		{"cuont", []string{"conv", "count"}, "Did you mean `count`?"},
		{"cuont", []string{"coint", "conv"}, "Did you mean `coint`?"},
		{"badRecordsPath", []string{"latestFirst", "maxFilesPerTrigger"}, ""},
		{"t", []string{"ab"}, ""},
		{"t", []string{"t1"}, "Did you mean `t1`?"},
		{"t", nil, ""},
		{"", []string{"ab"}, ""},
	}
	for _, test := range tests {
		if got := errclass.DidYouMean(test.name, test.candidates); got != test.want {
			t.Errorf("DidYouMean(%q, %q) = %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}

// The best candidate is the name itself where it is among them, in whatever letter case.
func TestNearestFindsTheNameItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		candidates := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z_]{0,8}`), 1, 8, rapid.ID[string]).Draw(t, "candidates")
		name := rapid.SampledFrom(candidates).Draw(t, "name")
		if got := errclass.Nearest(name, candidates, 1); got[0] != name {
			t.Fatalf("Nearest(%q, %q) = %q", name, candidates, got)
		}
	})
}
