package delta

import (
	"cmp"
	"context"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/option"
)

// AutoCompaction says when a write is followed by an OPTIMIZE of small files.
type AutoCompaction struct {
	Enabled     string // "true", "false", "auto"; empty: as the table's property says
	MinFiles    int    // fewer small files in a partition are left alone; 0: 50
	MaxFileSize int64  // about how large a file becomes; 0: 128 MB
}

// The table properties that turn such things on. The last is an old name of both.
const (
	propAutoCompact   = "delta.autoOptimize.autoCompact"
	propOptimizeWrite = "delta.autoOptimize.optimizeWrite"
	propAutoOptimize  = "delta.autoOptimize"
)

const (
	autoCompactFiles = 50
	autoCompactSize  = 128 << 20
)

// autoCompact puts small files together after a write, where the table or the session wants it. The write is done, so that
// nothing here can fail it: who changes the same files meanwhile wins.
func autoCompact(ctx context.Context, t Table, m deltalog.Metadata, auto AutoCompaction, workers int) {
	switch strings.ToLower(cmp.Or(auto.Enabled, m.Configuration[propAutoCompact], m.Configuration[propAutoOptimize])) {
	case "true", "auto", "legacy":
	default:
		return
	}
	opts := OptimizeOptions{Auto: true, MinFiles: auto.MinFiles, MaxFileSize: auto.MaxFileSize, Workers: workers}
	if opts.MinFiles == 0 {
		opts.MinFiles = autoCompactFiles
	}
	if opts.MaxFileSize == 0 {
		opts.MaxFileSize = autoCompactSize
	}
	opts.MinFileSize = opts.MaxFileSize / 2
	_, _ = Optimize(ctx, t, opts) // the next write tries again
}

// optimizesWrites reports whether a write makes fewer and larger files: its option decides, then the session, then the table.
func optimizesWrites(opts option.Values, session string, m deltalog.Metadata) bool {
	if opts.Has("optimizeWrite") {
		return opts.Bool("optimizeWrite")
	}
	return strings.EqualFold(cmp.Or(session, m.Configuration[propOptimizeWrite], m.Configuration[propAutoOptimize]), "true")
}
