package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// limits are what the machine can do: figures mean little without.
type limits struct {
	cores     int
	memcpyGBs float64
	fsyncMs   sample
}

func (l limits) String() string {
	return fmt.Sprintf("machine: %d cores (every engine may use all), memcpy %s GB/s on one, write and fsync of 4 kB in %s ms (median)",
		l.cores, digits(l.memcpyGBs), digits(l.fsyncMs.median()))
}

func measureMachine(dir string) (limits, error) {
	l := limits{cores: runtime.NumCPU(), memcpyGBs: memcpy()}
	var err error
	l.fsyncMs, err = fsyncs(filepath.Join(dir, "fsync"), 50)
	return l, err
}

// memcpy is the speed of copying what no cache holds, in GB/s.
func memcpy() float64 {
	from, to := make([]byte, 64<<20), make([]byte, 64<<20)
	copy(to, from) // touches the pages
	var best float64
	for range 5 {
		took := stopwatch()
		copy(to, from)
		best = max(best, float64(len(from))/1e9/took())
	}
	return best
}

// fsyncs is what it takes, in ms, to make 4 kB durable at the end of a file.
func fsyncs(name string, times int) (took sample, err error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	block := make([]byte, 4096)
	for range times {
		one := stopwatch()
		_, writeErr := file.Write(block)
		if err = errors.Join(writeErr, file.Sync()); err != nil {
			break
		}
		took = append(took, one()*1000)
	}
	return took, errors.Join(err, file.Close(), os.Remove(name))
}
