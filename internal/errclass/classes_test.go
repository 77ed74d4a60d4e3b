package errclass

import (
	"cmp"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"lakehouse/internal/realdata"
)

var spelling = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*(\.[A-Z0-9_]+)?$`)

// A class is declared once, under one name, in its place.
func TestClassesAreUniqueAndInOrder(t *testing.T) {
	names := map[Class]string{}
	for _, block := range classBlocks(t) {
		if !slices.IsSortedFunc(block, func(a, b declared) int { return cmp.Compare(a.name, b.name) }) {
			t.Errorf("the block that begins with %s is not in alphabetical order", block[0].name)
		}
		for _, c := range block {
			if other, taken := names[c.class]; taken {
				t.Errorf("%s and %s are both spelled %s", other, c.name, c.class)
			}
			names[c.class] = c.name
			if !spelling.MatchString(string(c.class)) {
				t.Errorf("%s is spelled %q, which is no class name", c.name, c.class)
			}
		}
	}
	for _, states := range []map[Class]string{sqlStates, deltaSQLStates} {
		for class, state := range states {
			if names[class] == "" {
				t.Errorf("%s has a state and is not declared", class)
			}
			if !regexp.MustCompile(`^[0-9A-Z]{5}$`).MatchString(state) {
				t.Errorf("%s has the state %q", class, state)
			}
		}
	}
}

// The states are those that Spark's own errors carried.
func TestStatesAreSparks(t *testing.T) {
	data, err := os.ReadFile(realdata.Path(t, "programs", "errors", "expected", "errors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var captured []struct{ Condition, SQLState string }
	if err := json.Unmarshal(data, &captured); err != nil {
		t.Fatal(err)
	}
	known := map[Class]bool{}
	for _, block := range classBlocks(t) {
		for _, c := range block {
			known[c.class] = true
		}
	}
	checked := 0
	for _, e := range captured {
		if !known[Class(e.Condition)] {
			continue
		}
		checked++
		if got := Class(e.Condition).SQLState(); got != e.SQLState {
			t.Errorf("%s has state %q, Spark's has %q", e.Condition, got, e.SQLState)
		}
	}
	if checked < 30 {
		t.Errorf("only %d of the captured errors are of a class declared here", checked)
	}
}

type declared struct {
	name  string
	class Class
}

// classBlocks reads the blocks of the files of classes.
func classBlocks(t *testing.T) (blocks [][]declared) {
	t.Helper()
	files, err := filepath.Glob("*classes.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("files of classes: %v, %v", files, err)
	}
	for _, name := range files {
		blocks = append(blocks, blocksOf(t, name)...)
	}
	return blocks
}

func blocksOf(t *testing.T, name string) (blocks [][]declared) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		consts, ok := decl.(*ast.GenDecl)
		if !ok || consts.Tok != token.CONST {
			continue
		}
		var block []declared
		for _, spec := range consts.Specs {
			value := spec.(*ast.ValueSpec)
			text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			block = append(block, declared{value.Names[0].Name, Class(text)})
		}
		blocks = append(blocks, block)
	}
	if len(blocks) == 0 {
		t.Fatalf("%s declares nothing", name)
	}
	return blocks
}
