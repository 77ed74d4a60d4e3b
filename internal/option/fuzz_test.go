package option

import (
	"strings"
	"testing"
)

// Whatever a user gives, it is an error or a value that its kind allows.
func FuzzParse(f *testing.F) {
	table := Table{
		{Name: "text"},
		{Name: "flag", Kind: Bool, Default: "false"},
		{Name: "some", Kind: Positive, Default: "1"},
		{Name: "many", Kind: Count, Default: "0"},
		{Name: "size", Kind: Bytes, Default: "1k"},
		{Name: "time", Kind: Duration, Default: "1s"},
		{Name: "kind", Kind: Enum, Values: []string{"One", "Two"}, Default: "One"},
		{Name: "old", Unsupported: "use text."},
	}
	for _, name := range []string{"text", "FLAG", "some", "many", "size", "time", "kind", "old", "tex", ""} {
		for _, value := range []string{"", "true", "1", "-1", "9223372036854775808", "10g", "1 day", "two", "\xff"} {
			f.Add(name, value)
		}
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		v, err := table.Parse(map[string]string{name: value})
		if err != nil {
			return
		}
		if v.Int("some") < 1 || v.Int("many") < 0 || v.Bytes("size") < 1 || v.Duration("time") < 0 {
			t.Fatalf("%q=%q: %d, %d, %d, %v", name, value, v.Int("some"), v.Int("many"), v.Bytes("size"), v.Duration("time"))
		}
		if kind := v.String("kind"); kind != "One" && kind != "Two" {
			t.Fatalf("%q=%q: kind %q", name, value, kind)
		}
		if !v.Has(name) || strings.EqualFold(name, "old") {
			t.Fatalf("%q=%q was taken and is not there", name, value)
		}
		_ = v.Bool("flag")
	})
}
