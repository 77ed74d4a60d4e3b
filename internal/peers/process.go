package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// peakMB is the most memory that a process and those it started have held since forgetPeaks, each by itself, added
// up; 0 where the system has no /proc.
func peakMB(pid int) float64 {
	kB := 0
	for _, p := range family(pid) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		if err != nil {
			continue // it has just ended
		}
		if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
			if n, err := strconv.Atoi(strings.Fields(after)[0]); err == nil {
				kB += n
			}
		}
	}
	return float64(kB) * 1024 / 1e6
}

// forgetPeaks makes the peaks begin anew at what the processes hold now.
func forgetPeaks(pid int) {
	for _, p := range family(pid) {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p), []byte("5"), 0) // else the peak is that of the whole life
	}
}

// family is a process and those it started, and so on.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", all[i])) // none where there is no /proc
		for _, thread := range threads {
			children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", all[i], thread.Name()))
			for child := range strings.FieldsSeq(string(children)) {
				if n, err := strconv.Atoi(child); err == nil {
					all = append(all, n)
				}
			}
		}
	}
	return all
}

// cpuSeconds is what a process and those it started have had of the cores so far: unlike the time that passes, it
// hardly depends on what else the machine does. 0 where the system has no /proc.
func cpuSeconds(pid int) float64 {
	const ticks = 100 // a second, in /proc of every Linux
	sum := 0
	for _, p := range family(pid) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue // it has just ended
		}
		after := stat[strings.LastIndexByte(string(stat), ')')+1:] // the name before may hold anything
		if fields := strings.Fields(string(after)); len(fields) > 12 {
			for _, field := range fields[11:13] { // in user mode, in the system
				n, _ := strconv.Atoi(field) // a number
				sum += n
			}
		}
	}
	return float64(sum) / ticks
}
