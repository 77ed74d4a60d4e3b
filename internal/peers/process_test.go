package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

func TestWhatAProcessTakesCountsThoseItStarted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	e, err := startEngine(t.Context(), "sham", []string{os.Args[0], "sham"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	self, child := os.Getpid(), e.cmd.Process.Pid
	if all := family(self); !slices.Contains(all, child) {
		t.Errorf("%d is not among %v", child, all)
	}
	if with, alone := peakMB(self), peakMB(child); alone <= 0 || with <= alone {
		t.Errorf("peaks of %.1f MB, with the parent %.1f MB", alone, with)
	}
	before, began := cpuSeconds(self), loadNow()
	if err := exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done").Run(); err != nil {
		t.Skip(err)
	}
	if took := cpuSeconds(self) - before; took < 0.05 {
		t.Errorf("a child that has ended took %.2f s", took)
	}
	if others := loadNow().others(began); others < 0 || others > 1 {
		t.Errorf("others had %v of the cores", others)
	}
}

func TestShareOfOthers(t *testing.T) {
	began := load{mine: 10, all: 100, idle: 50}
	if got := (load{mine: 14, all: 120, idle: 60}).others(began); got != 0.3 { // 20 s, 10 of them idle, 4 mine
		t.Errorf("others had %v", got)
	}
	if got := began.others(began); got != 0 {
		t.Errorf("in no time others had %v", got)
	}
}

func TestPeaksBeginAnew(t *testing.T) {
	if _, err := os.Stat("/proc/self/clear_refs"); err != nil {
		t.Skip("there is no /proc/self/clear_refs")
	}
	big := make([]byte, 200<<20)
	for i := 0; i < len(big); i += 4096 {
		big[i] = 1
	}
	high := peakMB(os.Getpid())
	big = nil
	debug.FreeOSMemory()
	forgetPeaks(os.Getpid())
	if low := peakMB(os.Getpid()); low > high-100 {
		t.Errorf("the peak stays at %.0f of %.0f MB", low, high)
	}
	_ = big
}
