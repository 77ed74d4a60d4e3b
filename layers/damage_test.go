package layers

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// damages are what befalls a file, at a place in it.
var damages = []struct {
	name string
	do   func(data []byte, at int) []byte
}{
	{"cut", func(data []byte, at int) []byte { return data[:at] }},
	{"flipped", func(data []byte, at int) []byte {
		out := bytes.Clone(data)
		out[at] ^= 1 << (at % 8)
		return out
	}},
}

// Every file of a pipeline that has run is cut short, and has a bit flipped, at many places. The next run with another file,
// and a look at all tables, ends as if nothing had been, or with an error that names the damaged file; it never
// panics. A cut between two lines, and a flipped bit where the format has no checksum, may make another valid file: of
// those only the latter is asked.
func TestDamagedFilesAreNamedOrMadeGood(t *testing.T) {
	files := map[string][]byte{}
	var landings [][]string
	for i := range 12 {
		name := fmt.Sprintf("invoices_%02d.json", i+1)
		files[name], landings = invoicesOf(t, uint64(i+1), 2, 4), append(landings, []string{name})
	}
	lake := volumestest.NewMemory()
	if err := pipelineRunOf(t.Context(), lake, files, landings[:11]); err != nil { // version 10 has a checkpoint, and so has the state
		t.Fatal(err)
	}
	clean := lake.CrashClone(0, 100)
	if err := pipelineRunOf(t.Context(), clean, files, landings[11:]); err != nil {
		t.Fatal(err)
	}
	want := result(t, clean)
	var tally damageTally
	n := 0
	for info, err := range lake.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		kind := damageKind(info.Name)
		if kind == "" || info.Size == 0 {
			continue
		}
		for _, d := range damages {
			for at := range places(int(info.Size)) {
				if n++; n%every(211) != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s_%s_%d", path.Base(info.Name), d.name, at), func(t *testing.T) {
					t.Parallel()
					data, err := volumes.ReadFile(t.Context(), lake, info.Name)
					if err != nil {
						t.Fatal(err)
					}
					damaged := d.do(data, at)
					disk := lake.CrashClone(0, 100)
					if err := disk.Put(t.Context(), info.Name, damaged); err != nil {
						t.Fatal(err)
					}
					got, err := damagedRun(t, disk, files, landings[11:])
					tally.add(kind+" "+d.name, err)
					assertDamage(t, info.Name, kind, got, want, err, canTell(kind, d.name, data, at))
				})
			}
		}
	}
	t.Cleanup(func() { t.Logf("%s", &tally) })
}

func damagedRun(t *testing.T, disk *volumestest.Memory, files map[string][]byte, landings [][]string) (string, error) {
	t.Helper()
	if err := pipelineRunOf(t.Context(), disk, files, landings); err != nil {
		return "", err
	}
	return tables(t.Context(), disk)
}

var oneOfOurs = regexp.MustCompile(`(?i)internal error|panic|runtime error|index out of range|nil pointer`)

func assertDamage(t *testing.T, name, kind, got, want string, err error, tells bool) {
	t.Helper()
	switch {
	case err != nil && oneOfOurs.MatchString(err.Error()):
		t.Errorf("%s: %v", name, err)
	case !tells:
	case err == nil && got != want:
		t.Errorf("%s: after the damage, in silence:\n%s\nwant:\n%s", name, got, want)
	case err != nil && kind == "hint":
		t.Errorf("%s is but a hint, and yet: %v", name, err)
	case err != nil && !strings.Contains(err.Error(), path.Base(name)):
		t.Errorf("the error does not name %s: %v", name, err)
	}
}

// places are where a file is damaged: everywhere in its last bytes, at many places before.
func places(size int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		step := max(1, size/24)
		for at := 0; at < size; at += step {
			if size-at <= 16 {
				step = 1
			}
			if !yield(at) {
				return
			}
		}
	}
}

// damageKind is what a file is to those that read it; "": it is not one of the pipeline's own.
func damageKind(name string) string {
	base := path.Base(name)
	switch {
	case base == "_last_checkpoint", strings.HasSuffix(base, ".crc"), strings.HasSuffix(base, ".checkpoint.parquet"), strings.Contains(base, ".index"):
		return "hint"
	case strings.Contains(name, "_delta_log/"):
		return "commit"
	case strings.HasSuffix(base, ".parquet"):
		return "data"
	case strings.Contains(name, "/state/"):
		return "state"
	case strings.Contains(name, "/chekpoint/"):
		return "log"
	case strings.Contains(name, "_catalog/"):
		return "catalog"
	}
	return ""
}

// canTell says whether a reader can tell the damage.
func canTell(kind, damage string, data []byte, at int) bool {
	lines := kind == "commit" || kind == "log" || kind == "catalog" || kind == "hint"
	switch {
	case damage == "flipped":
		return false // the formats have no checksum over all their bytes
	case lines && at == 0 && kind == "commit":
		return false // no actions: an empty version
	case lines && (at > 0 && data[at-1] == '\n' || data[at] == '\n'):
		return false // between two lines
	}
	return true
}

// damageTally counts what became of damages, by kind.
type damageTally struct {
	mu    sync.Mutex
	named map[string]int
	good  map[string]int
}

func (c *damageTally) add(kind string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.named == nil {
		c.named, c.good = map[string]int{}, map[string]int{}
	}
	if err != nil {
		c.named[kind]++
	} else {
		c.good[kind]++
	}
}

func (c *damageTally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	for _, kind := range []string{"hint", "commit", "data", "state", "log", "catalog"} {
		for _, d := range damages {
			k := kind + " " + d.name
			if n := c.named[k] + c.good[k]; n > 0 {
				fmt.Fprintf(&text, "%s: %d, %d by name; ", k, n, c.named[k])
			}
		}
	}
	return text.String()
}
