package delta

import (
	"context"
	"strings"
)

// AutoCompaction says when a write is followed by an OPTIMIZE of small files.
type AutoCompaction struct {
	Enabled     string // "true", "false", "auto"; empty: as the table's property says
	MinFiles    int    // fewer small files in a partition are left alone; 0: 50
	MaxFileSize int64  // about how large a file becomes; 0: 128 MB
}

// propAutoCompact is the table property that turns it on.
const propAutoCompact = "delta.autoOptimize.autoCompact"

const (
	autoCompactFiles = 50
	autoCompactSize  = 128 << 20
)

// autoCompact puts small files together after a write, where the table or the session wants it. The write is done, so that
// nothing here can fail it: who changes the same files meanwhile wins.
func (w *writing) autoCompact(ctx context.Context) {
	auto := w.opts.AutoCompact
	enabled := auto.Enabled
	if enabled == "" {
		enabled = w.meta.Configuration[propAutoCompact]
	}
	switch strings.ToLower(enabled) {
	case "true", "auto", "legacy":
	default:
		return
	}
	opts := OptimizeOptions{Auto: true, MinFiles: auto.MinFiles, MaxFileSize: auto.MaxFileSize, Workers: w.opts.Workers}
	if opts.MinFiles == 0 {
		opts.MinFiles = autoCompactFiles
	}
	if opts.MaxFileSize == 0 {
		opts.MaxFileSize = autoCompactSize
	}
	opts.MinFileSize = opts.MaxFileSize / 2
	_, _ = Optimize(ctx, w.table, opts) // the next write tries again
}
