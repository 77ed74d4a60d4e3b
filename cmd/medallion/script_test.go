package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lakehouse/internal/layercmd"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"medallion": main,
		"bronze":    func() { os.Exit(layercmd.Main("bronze")) },
		"silver":    func() { os.Exit(layercmd.Main("silver")) },
		"gold":      func() { os.Exit(layercmd.Main("gold")) },
	})
}

// The programs do what a user who types their commands expects. $FIXTURES holds the project's fixture files.
func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs(filepath.Join("..", "..", "fixtures", "data"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("FIXTURES", fixtures)
			env.Setenv("TMPDIR", env.Getenv("WORK"))
			return nil
		},
	})
}
