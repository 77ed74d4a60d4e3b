//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A shown command is an indented line of README.md, with the indented lines after it that are no commands: its output.
type shown struct {
	command string
	output  []string
}

// shownCommands gives the README's commands in their order, without those of make.
func shownCommands(t *testing.T) []shown {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []shown
	inGo := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			inGo = !inGo
		}
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case inGo || !indented || strings.HasPrefix(code, "make "):
		case strings.HasPrefix(code, "go run ./cmd/"):
			all = append(all, shown{command: code})
		case len(all) == 0:
			t.Fatalf("README.md shows %q, which is neither a command nor the output of one", code)
		default:
			all[len(all)-1].output = append(all[len(all)-1].output, code)
		}
	}
	return all
}

// What README.md tells the reader to type works, in an empty folder, and prints what README.md shows.
func TestReadmeCommandsWork(t *testing.T) {
	commands := shownCommands(t)
	if len(commands) < 8 {
		t.Fatalf("README.md shows %d commands only: %v", len(commands), commands)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"HOME", "TMPDIR"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, dir)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	var layers []*program
	for _, c := range commands {
		line := "exec " + strings.TrimPrefix(c.command, "go run ./cmd/")
		if strings.HasPrefix(line, "exec medallion") {
			assertShown(t, c, line)
			continue
		}
		p := start(t, "sh", "-c", line) // a layer, which runs until it is stopped
		await(t, c.command+" starts", func() bool { return strings.Contains(p.stdout.String(), " started: ") }, p)
		layers = append(layers, p)
	}
	for _, p := range layers {
		p.interrupt(t)
		if status := p.status(t); status != 0 {
			t.Errorf("%v ended with status %d: %s", p.cmd.Args, status, p.stderr)
		}
	}
}

func assertShown(t *testing.T, c shown, line string) {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command("sh", "-c", line)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		t.Errorf("%s: %v\n%s%s", c.command, err, out, &errs)
		return
	}
	var printed []string
	for said := range strings.Lines(string(out)) {
		printed = append(printed, normal(strings.TrimSuffix(said, "\n")))
	}
	for _, want := range c.output {
		if want != "…" && !slices.Contains(printed, normal(want)) {
			t.Errorf("%s does not print %q, as README.md shows; it prints\n%s", c.command, want, out)
		}
	}
}

var (
	someTime   = regexp.MustCompile(`in +\d+ ms`)
	someBatch  = regexp.MustCompile(`batch \d+:`) // an empty first batch is no rarity
	someFolder = regexp.MustCompile(`\S*medallion-demo-[0-9…]+`)
)

// normal is a line without what differs from run to run.
func normal(line string) string {
	line = someBatch.ReplaceAllString(someTime.ReplaceAllString(line, "in N ms"), "batch N:")
	return someFolder.ReplaceAllString(line, "medallion-demo-N")
}
