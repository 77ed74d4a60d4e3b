package deltalog

import (
	"path"
	"strings"
	"testing"
)

// A path of the log is decoded exactly once, and names a file below the table or is refused.
func TestPathsOfTheLog(t *testing.T) {
	tests := []struct {
		encoded, want string // want empty: refused
	}{
		{"part-0.parquet", "part-0.parquet"},
		{"x=A%252FA/part.parquet", "x=A%2FA/part.parquet"},
		{"a%20b+c.parquet", "a b+c.parquet"},
		{"%2540.parquet", "%40.parquet"},
		{"caf%C3%A9/x.parquet", "café/x.parquet"},
		{"day=2026-01-01 10:00:00/x.parquet", "day=2026-01-01 10:00:00/x.parquet"},
		{"../x", ""},
		{"..%2fx", ""},
		{"%2e%2e/tenant-a-evil/x.json", ""},
		{"a/%2e%2e%2f%2e%2e/x", ""},
		{"%252e%252e/x", "%2e%2e/x"},
		{"/etc/passwd", ""},
		{"file:///etc/passwd", ""},
		{"s3://other/x", ""},
		{`\\host\x`, ""},
		{"C:%5Cx", ""},
		{"a%00b", ""},
		{"a/./b", ""},
		{"", ""},
		{"%zz", ""},
		{strings.Repeat("a", 1<<16), ""},
	}
	for _, test := range tests {
		name := test.encoded[:min(len(test.encoded), 60)]
		got, err := decodePath(test.encoded)
		if err == nil {
			err = checkPath(got)
		}
		switch {
		case test.want == "" && err == nil:
			t.Errorf("%q: accepted as %q", name, got)
		case test.want != "" && (err != nil || got != test.want):
			t.Errorf("%q: got %q, %v, want %q", name, got, err, test.want)
		}
	}
}

// What was read from a log goes back into it as it was spelled, unless the file was renamed.
func TestEncodedPathIsKept(t *testing.T) {
	const spelled = "x=B%2520B/%70art.parquet"
	decoded, err := decodePath(spelled)
	if err != nil {
		t.Fatal(err)
	}
	if got := encodedPathOf(decoded, spelled); got != spelled {
		t.Errorf("got %q, want %q", got, spelled)
	}
	if got, want := encodedPathOf("new name", spelled), "new%20name"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzAddPathResolve(f *testing.F) {
	for _, seed := range []string{"a/b", "..%2fx", "%252e", "a%20b", "file:/x", "\\", "a:b", "%e4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		name, err := decodePath(encoded)
		if err != nil || checkPath(name) != nil {
			return
		}
		joined := path.Join("/table", name)
		if !strings.HasPrefix(joined, "/table/") {
			t.Fatalf("%q leads to %q", encoded, joined)
		}
		if again, err := decodePath(encodePath(name)); err != nil || again != name {
			t.Fatalf("%q encodes to %q, which decodes to %q, %v", name, encodePath(name), again, err)
		}
	})
}
