package differential

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Spark answers cases. Answers are kept in a folder, where there is one: a case is asked once.
type Spark struct {
	Command []string // that starts the worker
	Cache   string
}

// Answers gives Spark's answers to cases, by name.
func (s Spark) Answers(ctx context.Context, cases []Case) (map[string]Answer, error) {
	answers := map[string]Answer{}
	var unknown []Case
	for _, c := range cases {
		a, ok := s.kept(c)
		if !ok {
			unknown = append(unknown, c)
			continue
		}
		answers[c.Name] = a
	}
	if len(unknown) == 0 {
		return answers, nil
	}
	err := s.ask(ctx, unknown, func(c Case, a Answer) error {
		answers[c.Name] = a
		return s.keep(c, a)
	})
	return answers, err
}

// ask has the worker run cases; each answer is told as it comes.
func (s Spark) ask(ctx context.Context, cases []Case, told func(Case, Answer) error) error {
	byName := map[string]Case{}
	var in bytes.Buffer
	for _, c := range cases {
		byName[c.Name] = c
		in.WriteString(c.Text() + "\n")
	}
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...) //nolint:gosec // the test's own worker
	cmd.Stdin = &in
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var a Answer
		if err := json.Unmarshal(line, &a); err != nil {
			return fmt.Errorf("read an answer of Spark %.200q: %w", line, err)
		}
		if err := told(byName[a.Case], a); err != nil {
			return err
		}
		delete(byName, a.Case)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("run Spark: %w", err)
	}
	if len(byName) > 0 {
		return fmt.Errorf("run Spark: %d cases are not answered", len(byName))
	}
	return nil
}

// file is where the answer to a case is kept: by what the case asks, and by what asks it.
func (s Spark) file(c Case) string {
	name, _, _ := strings.Cut(c.Name, "/")
	c.Name = ""
	return filepath.Join(s.Cache, fmt.Sprintf("%s-%x.json", name, sha256.Sum256([]byte(c.Text())))[:len(name)+17]+".json")
}

func (s Spark) kept(c Case) (a Answer, ok bool) {
	if s.Cache == "" {
		return a, false
	}
	text, err := os.ReadFile(s.file(c))
	if err != nil || json.Unmarshal(text, &a) != nil {
		return a, false
	}
	a.Case = c.Name
	return a, true
}

func (s Spark) keep(c Case, a Answer) error {
	if s.Cache == "" {
		return nil
	}
	return os.WriteFile(s.file(c), []byte(text(a)), 0o600)
}
