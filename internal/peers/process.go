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

// ticks are a second, in /proc of every Linux.
const ticks = 100

// cpuSeconds is what a process and those it started have had of the cores so far: unlike the time that passes, it
// hardly depends on what else the machine does. 0 where the system has no /proc.
func cpuSeconds(pid int) float64 {
	sum := 0
	for _, p := range family(pid) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue // it has just ended
		}
		after := stat[strings.LastIndexByte(string(stat), ')')+1:] // the name before may hold anything
		if fields := strings.Fields(string(after)); len(fields) > 14 {
			for _, field := range fields[11:15] { // in user mode and in the system: its own, and those of children that ended
				n, _ := strconv.Atoi(field) // a number
				sum += n
			}
		}
	}
	return float64(sum) / ticks
}

// A load is what the machine's cores have done so far, for this benchmark and for others, in seconds.
type load struct{ mine, all, idle float64 }

// loadNow reads the load; it is empty where the system has no /proc.
func loadNow() load {
	stat, err := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line)
	if err != nil || len(fields) < 9 {
		return load{}
	}
	now := load{mine: cpuSeconds(os.Getpid())}
	for i, field := range fields[1:9] {
		n, _ := strconv.ParseFloat(field, 64) // a number
		now.all += n / ticks
		if i == 3 || i == 4 { // idle, or waiting for the disk
			now.idle += n / ticks
		}
	}
	return now
}

// others is the share of the cores' time that others have had since.
func (l load) others(since load) float64 {
	all := l.all - since.all
	if all <= 0 {
		return 0
	}
	return max(all-(l.idle-since.idle)-(l.mine-since.mine), 0) / all
}
