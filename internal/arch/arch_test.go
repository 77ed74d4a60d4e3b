package arch_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// picture is the picture of ARCHITECTURE.md, from top to bottom. A package may import those in rows below its own, and
// those to its right.
var picture = [][]string{
	{"cmd/medallion", "cmd/bronze", "cmd/silver", "cmd/gold", "internal/layercmd", "internal/peers"},
	{"examples/sales", "examples/invoices", "examples/events", "examples/orders", "examples/module5", "examples/example"},
	{"internal/cli"},
	{"layers", "testsuite"},
	{"medallion"},
	{"internal/catalog"},
	{"internal/handover"},
	{"internal/connector/statestore"},
	{"autoloader", "internal/connector/delta", "internal/connector/filesink", "internal/connector/datafiles", "internal/connector/files", "internal/connector/memory", "internal/connector/console"},
	{"internal/connector/kafka", "internal/connector/rate", "internal/connector/socket", "internal/connector/noop"},
	{"internal/stream", "internal/sinklog", "internal/checkpoint"},
	{"internal/exec", "internal/logical", "internal/expr", "internal/sql", "internal/plan", "internal/state"},
	{"deltalog"},
	{"internal/datafiles", "internal/parquetio", "internal/jsonio", "internal/csvio", "internal/textio", "internal/xmlio", "internal/avroio", "internal/orcio", "internal/variant", "internal/xsd", "internal/records", "internal/lines", "internal/datetime"},
	{"volumes/s3"},
	{"internal/types", "internal/batch", "internal/predicate", "internal/option", "internal/exactjson"},
	{"volumes"},
	{"internal/errclass", "fixtures"},
}

// forTests are the packages that only tests import.
var forTests = []string{"examples/exampletest", "internal/arch", "internal/differential", "internal/interop", "internal/programs", "internal/realdata", "internal/zoo", "testsuite/crashtest", "volumes/s3/s3test", "volumes/volumestest"}

// rules are what the picture does not say: packages that stand above others and shall not know them all the same,
// directly or through others.
var rules = []struct {
	from, mayNotImport []string
	why                string
}{
	{
		[]string{"internal/exec"},
		[]string{"deltalog", "internal/parquetio", "internal/csvio", "internal/textio", "internal/xmlio", "internal/avroio", "internal/orcio"}, // expr speaks JSON: from_json
		"operators see a source only as batches",
	},
	{
		[]string{"internal/sql", "internal/plan", "internal/expr", "internal/logical"},
		[]string{"volumes", "deltalog", "internal/parquetio", "internal/csvio", "internal/textio", "internal/state"},
		"a text becomes a resolved tree without a look at storage",
	},
	{
		[]string{"internal/stream"},
		[]string{"deltalog", "internal/parquetio", "internal/csvio", "internal/textio", "internal/xmlio", "internal/avroio", "internal/orcio"},
		"the engine knows sources and sinks by its interfaces alone",
	},
	{
		[]string{"internal/checkpoint"},
		[]string{"internal/exec", "internal/logical", "internal/plan", "deltalog", "internal/parquetio"},
		"a checkpoint is read and written without the query that it belongs to",
	},
	{
		[]string{"internal/catalog"},
		[]string{"internal/exec", "internal/logical", "internal/stream", "deltalog", "internal/parquetio"},
		"a name is kept without a look at the table",
	},
	{
		[]string{"autoloader"},
		[]string{"deltalog", "internal/catalog"},
		"the file source knows files, not tables",
	},
	{
		[]string{"internal/parquetio", "internal/jsonio", "internal/csvio", "internal/textio", "internal/xmlio", "internal/avroio", "internal/orcio"},
		[]string{"volumes"},
		"formats take readers and writers; where bytes live is another's matter",
	},
	{
		[]string{"layers"},
		[]string{"internal/layercmd", "cmd/medallion"},
		"a pipeline is a program that any user could have written",
	},
}

// osUsers are the files outside volumes and the commands that use package os, what they use, and why. Bytes of tables,
// sources and checkpoints go through volumes.Store alone.
var osUsers = map[string]struct {
	names []string
	why   string
}{
	"internal/layercmd/layercmd.go": {[]string{"Interrupt", "Signal", "Stderr", "Stdout"}, "it is the main of three commands"},
	"internal/checkpoint/lease.go":  {[]string{"Getpid"}, "it tells whether the holder of a lock is this process"},
	"internal/stream/query.go":      {[]string{"Getpid"}, "a lock names the process that holds it"},
	"testsuite/golden.go":           {[]string{"MkdirAll", "ReadFile", "WriteFile"}, "golden tables lie beside the test that reads them"},
	"medallion/feeds.go":            {[]string{"Getenv"}, "the environment says where Kerberos is configured"},
	"medallion/buckets.go":          {[]string{"MkdirAll"}, "it makes the root that a store is opened on"},
	"medallion/session.go":          {[]string{"MkdirTemp", "RemoveAll", "Stdout"}, "it makes a temporary root; show prints"},
}

var badNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "base"}

func TestImportsPointDown(t *testing.T) {
	tree := readTree(t)
	place := map[string]int{}
	for row, packages := range picture {
		for column, p := range packages {
			place[p] = row*100 + column
			if tree[p] == nil {
				t.Errorf("the picture shows %s, which does not exist", p)
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(tree)) {
		if slices.Contains(forTests, p) {
			continue
		}
		at, ok := place[p]
		if !ok {
			t.Errorf("%s is not in the picture: give it its place there and in ARCHITECTURE.md", p)
			continue
		}
		for to, files := range tree[p].imports {
			if below, known := place[to]; known && below <= at {
				t.Errorf("%s imports %s, which is above it in the picture", files[0], to)
			}
		}
	}
}

func TestOnlyTestsImportWhatIsForTests(t *testing.T) {
	for _, p := range readTree(t) {
		for _, to := range forTests {
			if files := p.imports[to]; files != nil && !slices.Contains(forTests, p.path) {
				t.Errorf("%s imports %s, which is for tests", files[0], to)
			}
		}
	}
}

func TestPackagesKnowNoMoreThanTheyShould(t *testing.T) {
	tree := readTree(t)
	for _, rule := range rules {
		for _, from := range rule.from {
			if tree[from] == nil {
				t.Errorf("a rule is about %s, which does not exist", from)
				continue
			}
			ways := reach(tree, from)
			for _, to := range rule.mayNotImport {
				if tree[to] == nil {
					t.Errorf("a rule is about %s, which does not exist", to)
				}
				if way := ways[to]; way != nil {
					t.Errorf("%s may not import %s: %s\n\tit does by %s", from, to, rule.why, strings.Join(way, " → "))
				}
			}
		}
	}
}

// Public packages offer what a pipeline needs: a user's program cannot import internal ones, and one that shows how
// it is done should not either.
func TestLayersNeedOnlyPublicPackages(t *testing.T) {
	for to, files := range readTree(t)["layers"].imports {
		if strings.HasPrefix(to, "internal/") {
			t.Errorf("%s imports %s, which users cannot", files[0], to)
		}
	}
}

func TestStorageHasOneDoor(t *testing.T) {
	used := map[string]bool{}
	for _, p := range readTree(t) {
		if p.path == "volumes" || strings.HasPrefix(p.path, "cmd/") || strings.HasPrefix(p.path, "examples/") || p.path == "internal/peers" || slices.Contains(forTests, p.path) { // no program needs these
			continue
		}
		for _, door := range []string{"syscall", "golang.org/x/sys/unix", "io/ioutil", "os/exec"} {
			if files := p.imports[door]; files != nil && p.path != "internal/layercmd" {
				t.Errorf("%s imports %s: files are reached through volumes.Store", files[0], door)
			}
		}
		for _, use := range p.doors {
			t.Errorf("%s: files are reached through volumes.Store", use)
		}
		for _, file := range p.dots {
			t.Errorf("%s imports by a dot: nobody sees what it uses", file)
		}
		for file, names := range p.os {
			used[file] = true
			for _, name := range names {
				if !slices.Contains(osUsers[file].names, name) {
					t.Errorf("%s uses os.%s: files are reached through volumes.Store", file, name)
				}
			}
			for _, name := range osUsers[file].names {
				if !slices.Contains(names, name) {
					t.Errorf("%s no longer uses os.%s: take it off the list", file, name)
				}
			}
		}
	}
	for file := range osUsers {
		if !used[file] {
			t.Errorf("%s no longer uses package os: take it off the list", file)
		}
	}
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for p := range readTree(t) {
		if !strings.Contains(string(text), path.Base(p)) {
			t.Errorf("ARCHITECTURE.md says nothing of %s", p)
		}
	}
}

func TestNothingNeedsC(t *testing.T) {
	for _, p := range readTree(t) {
		if files := p.imports["C"]; files != nil {
			t.Errorf("%s imports C: the programs are static and need no C compiler", files[0])
		}
	}
}

func TestPackagesHaveNamesThatSayWhatTheyOwn(t *testing.T) {
	for _, p := range readTree(t) {
		if p.name != "main" && p.name != path.Base(p.path) {
			t.Errorf("the folder %s holds package %s", p.path, p.name)
		}
		if slices.Contains(badNames, path.Base(p.path)) {
			t.Errorf("%s says nothing of what it owns: put its functions beside their callers, or find the noun", p.path)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	for _, p := range readTree(t) {
		want := "Package " + p.name + " "
		if p.name == "main" {
			want = "Command " + path.Base(p.path) + " "
		}
		if !strings.HasPrefix(p.doc, want) {
			t.Errorf("the comment of %s begins %.40q, want %q", p.path, p.doc, want+"…")
		}
		if strings.Count(p.doc, want) > 1 {
			t.Errorf("%s has more than one package comment", p.path)
		}
	}
}
