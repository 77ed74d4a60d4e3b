package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "lakehouse/"

// pkg is what the tests know of one package. Its test files do not count.
type pkg struct {
	path    string // within the module
	name    string
	doc     string
	imports map[string][]string // the file that imports, by what it imports
	os      map[string][]string // names of package os, by the file that uses them
	doors   []string            // uses of functions that open files by themselves
	dots    []string            // files that import by a dot
}

// readTree parses every package of the module, whatever the platform its files are for.
func readTree(t *testing.T) map[string]*pkg {
	t.Helper()
	root := moduleRoot(t)
	tree := map[string]*pkg{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && file != root && (base == "testdata" || base == "vendor" || strings.ContainsAny(base[:1], "._")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		within, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		return readFile(tree, file, filepath.ToSlash(within))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tree) < 20 {
		t.Fatalf("only %d packages found below %s", len(tree), root)
	}
	return tree
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

func readFile(tree map[string]*pkg, file, within string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if isScript(parsed) {
		return nil
	}
	dir := path.Dir(within)
	p := tree[dir]
	if p == nil {
		p = &pkg{path: dir, name: parsed.Name.Name, imports: map[string][]string{}, os: map[string][]string{}}
		tree[dir] = p
	}
	p.doc += parsed.Doc.Text()
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		imported = strings.TrimPrefix(imported, module)
		if localName(spec) == "." {
			p.dots = append(p.dots, within)
		}
		p.imports[imported] = append(p.imports[imported], within)
		if imported == "os" {
			p.os[within] = namesOf(parsed, localName(spec))
		}
		if names := pathTakers[imported]; names != nil {
			for _, used := range namesOf(parsed, localName(spec)) {
				if slices.Contains(names, used) {
					p.doors = append(p.doors, within+" uses "+imported+"."+used)
				}
			}
		}
	}
	return nil
}

// pathTakers are functions of other packages that open files by themselves.
var pathTakers = map[string][]string{
	"path/filepath":                               {"EvalSymlinks", "Glob", "Walk", "WalkDir"},
	"github.com/parquet-go/parquet-go":            {"ReadFile", "WriteFile"},
	"github.com/apache/arrow-go/v18/parquet/file": {"OpenParquetFile"},
	"github.com/apache/arrow-go/v18/arrow/ipc":    {"NewMappedFileReader"},
	"go/parser": {"ParseDir", "ParseFile"},
}

// localName is how a file calls what it imports. A dot is a name that nothing has: what it brings in cannot be followed.
func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	imported, _ := strconv.Unquote(spec.Path.Value)
	base := path.Base(imported)
	return strings.TrimSuffix(base, "-go")
}

// isScript tells a file that is run by itself and belongs to no package.
func isScript(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// namesOf gives what a file uses of an imported package.
func namesOf(file *ast.File, imported string) []string {
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == imported {
				names[selector.Sel.Name] = true
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(names))
}

// reach gives all that a package imports, itself or through others of the module, with one way to each.
func reach(tree map[string]*pkg, from string) map[string][]string {
	ways := map[string][]string{from: {from}}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		p := tree[queue[0]]
		if p == nil {
			continue // of the standard library or another module
		}
		for _, to := range slices.Sorted(maps.Keys(p.imports)) {
			if ways[to] == nil {
				ways[to] = append(slices.Clone(ways[queue[0]]), to)
				queue = append(queue, to)
			}
		}
	}
	delete(ways, from)
	return ways
}
