package autoloader

import "testing"

// An offset that is read is written as one that reads the same.
func FuzzOffset(f *testing.F) {
	for _, seed := range []string{`{"logOffset":3}`, `7`, `-1`, `{"LOGOFFSET":3}`, `{"logOffset":-2}`, `{"logOffset":1e3}`, `null`, `"3"`, `{"logOffset":3}{}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		batch, err := parseOffset(text)
		if err != nil {
			return
		}
		if again, err := parseOffset(offsetOf(batch)); err != nil || again != batch || batch < beforeAll {
			t.Fatalf("%q is %d, which is read as %d, %v", text, batch, again, err)
		}
	})
}
