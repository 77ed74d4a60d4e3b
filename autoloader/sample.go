package autoloader

import (
	"context"
	"slices"
	"strings"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/types"
)

// Columns infers those of files at rest as a stream of Auto Loader does of a new folder: from a sample of them, with hints over
// what is found. Of the configuration, what speaks of inference counts.
func Columns(ctx context.Context, config Config, all []files.File) (types.Struct, error) {
	p := &Provider{config: config}
	sample := slices.SortedFunc(slices.Values(all), func(a, b files.File) int {
		return oldestFirst(fileOf(a), fileOf(b))
	})
	sample = sample[:min(len(sample), max(1, config.SampleFiles))]
	for i, left := 0, config.SampleBytes; i < len(sample); i++ {
		if left -= sample[i].Info.Size; left <= 0 {
			sample = sample[:i+1]
		}
	}
	c := columns{partitions: types.Struct{Fields: config.Partitions}}
	if len(sample) > 0 {
		var err error
		if c.data, err = p.infer(ctx, sample); err != nil {
			return types.Struct{}, err
		}
	}
	c, err := p.withHints(c)
	return c.data, err
}

func fileOf(f files.File) file {
	return file{key: f.Info.Name, size: f.Info.Size, modified: f.Info.ModTime.UnixMilli()}
}

// WithPrefix gives the options of Auto Loader that a table function takes without one their prefix.
func WithPrefix(given map[string]string) map[string]string {
	out := make(map[string]string, len(given))
	for name, value := range given {
		prefixed := "cloudFiles." + name
		switch {
		case strings.EqualFold(name, "fileNamePattern"):
			name = "pathGlobFilter"
		case !CloudFilesOptions.Knows(name) && CloudFilesOptions.Knows(prefixed):
			name = prefixed
		}
		out[name] = value
	}
	return out
}
