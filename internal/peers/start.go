package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	startRun  = 5 // starts whose median is one round's figure
	startWarm = 2
)

// measureStart runs the program bronze over a folder of one file, from the start of the process to its end, its commit
// made and everything durable; and Spark once, from a cold start.
func measureStart(ctx context.Context, b *bench) error {
	landing := filepath.Join(b.dir, "one")
	folder, err := generate(ctx, landing, 1, microRows)
	if err != nil {
		return err
	}
	program, err := b.program(ctx)
	if err != nil {
		return err
	}
	judge, err := b.judge(ctx, folder)
	if err != nil {
		return err
	}
	var took, cpu sample
	for i := range startWarm + b.rounds*startRun {
		one, err := b.startOnce(ctx, program, landing, judge)
		if err != nil {
			return err
		}
		if i >= startWarm {
			took, cpu = append(took, one.seconds*1000), append(cpu, one.cpu*1000)
		}
	}
	b.printf("\nstart: a process starts, commits a folder of one file to bronze, and ends\n")
	rows := [][]string{{"engine", "ms, medians of runs", "CPU ms"}, {"ours, the program bronze", took.medians(startRun).format(" ms"), cpu.digits()}}
	b.require(claim{what: "the program bronze, from its start over its first commit to its end", need: 60, most: true, unit: " ms", got: took.medians(startRun)})
	if b.engine(ctx, spark) != nil {
		ms, err := b.sparkCold(ctx, landing, judge)
		if err != nil {
			return err
		}
		rows = append(rows, []string{"Spark with Delta, once", digits(ms) + " ms"})
	}
	b.table(rows)
	return nil
}

// program gives the program bronze, as it is released.
func (b *bench) program(ctx context.Context) (string, error) {
	if b.bronze != "" {
		return filepath.Abs(b.bronze)
	}
	to := filepath.Join(b.dir, "bronze")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, "lakehouse/cmd/bronze")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bronze: %w\n%s", err, said)
	}
	return to, nil
}

func (b *bench) startOnce(ctx context.Context, program, landing string, judge *judge) (effort, error) {
	root, err := b.fresh("start")
	if err != nil {
		return effort{}, err
	}
	defer os.RemoveAll(root) //nolint:errcheck // the whole folder goes in the end
	cmd := exec.CommandContext(ctx, program, "--root", root, "--source", "file:"+landing, "--clean-source", "off", "--trigger", "availableNow")
	took := stopwatch()
	said, err := cmd.CombinedOutput()
	one := effort{seconds: took()}
	if err != nil {
		return one, fmt.Errorf("%w\n%s", err, said)
	}
	one.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return one, judge.agrees("bronze", tablesUnder(root))
}

// sparkCold starts another Spark, for this alone.
func (b *bench) sparkCold(ctx context.Context, landing string, judge *judge) (ms float64, err error) {
	out, err := b.fresh("cold")
	if err != nil {
		return 0, err
	}
	took := stopwatch()
	e, err := startEngine(ctx, spark, b.script("spark.py"), b.dir)
	if err != nil {
		return 0, err
	}
	done, err := e.ask(request{Do: "small", Landing: landing, Out: out})
	e.stop()
	ms = took() * 1000
	if err != nil {
		return 0, err
	}
	return ms, judge.agrees("spark", done.Tables)
}
