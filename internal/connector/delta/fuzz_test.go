package delta

import "testing"

// An offset that is read is written as one that reads the same, and tells where it is.
func FuzzOffset(f *testing.F) {
	for _, seed := range []string{
		`{"sourceVersion":1,"reservoirId":"id","reservoirVersion":3,"index":-1,"isStartingVersion":false}`, `{"reservoirId":"id","reservoirVersion":9223372036854775807,"index":9223372036854775807}`,
		`{"RESERVOIRID":"id"}`, `{"reservoirId":"id","reservoirVersion":-1}`, `null`, `{"logOffset":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, ok := ParsePosition(text); ok {
			_ = p.String()
		}
		at, err := parseOffset(text, "id")
		if err != nil {
			return
		}
		if at.ReservoirVersion < 0 {
			t.Fatalf("%q is %+v", text, at)
		}
		if again, err := parseOffset(at.json(), "id"); err != nil || again != at {
			t.Fatalf("%+v is read as %+v, %v", at, again, err)
		}
	})
}
