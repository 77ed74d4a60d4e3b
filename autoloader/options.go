package autoloader

import (
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// CleanSource says what becomes of files that have been read.
type CleanSource uint8

// What becomes of files that have been read.
const (
	CleanOff CleanSource = iota
	CleanArchive
	CleanDelete
	CleanMoveLater   // Auto Loader's MOVE: Retention after the commit, to MoveDestination
	CleanDeleteLater // Auto Loader's DELETE: Retention after the commit
)

// later tells that files are kept for a while after their batch was committed.
func (c CleanSource) later() bool { return c == CleanMoveLater || c == CleanDeleteLater }

// Options say which files a source reads, in which portions, and what becomes of them. The zero
// value reads every file of the folder at once and leaves it there.
type Options struct {
	Format        string            // json, csv, text, parquet …
	FormatOptions map[string]string // for the format's decoder

	MaxFilesPerTrigger int64 // of one batch; 0: no limit
	MaxBytesPerTrigger int64 // of one batch, but always at least one file; 0: no limit
	// SoftMaxBytes lets the file that crosses MaxBytesPerTrigger into the batch, as Auto Loader does.
	SoftMaxBytes bool

	LatestFirst bool
	// MaxFileAge is how much older than the newest file a file may be, and how long a path is
	// remembered. 0: seven days; negative: for ever.
	MaxFileAge   time.Duration
	FileNameOnly bool // a file is its base name

	MaxCachedFiles          int     // unread files kept from a listing for the next batches; 0: 10,000; negative: none
	DiscardCachedInputRatio float64 // a rest smaller than this part of a batch is listed anew; 0: 0.2; negative: never

	CleanSource      CleanSource
	SourceArchiveDir string        // with CleanArchive; a path as users write it
	MoveDestination  string        // with CleanMoveLater, likewise
	Retention        time.Duration // how long after the commit files are kept, with CleanMoveLater and CleanDeleteLater

	SkipExisting    bool // files that are there when the query starts for the first time are not read
	AllowOverwrites bool // a file whose modification time has changed is read again, whole

	// Notifications: the folders tell of new files (inotify), and are listed only to be sure.
	Notifications    bool
	BackfillInterval time.Duration // between listings, with Notifications; 0: ten minutes

	PathGlobFilter      string // on base names; empty: all
	RecursiveFileLookup bool
	IgnoreMissingFiles  bool // a planned file that has vanished gives no rows, and no error
	IgnoreCorruptFiles  bool
	LooseGlobs          bool   // a star of the path stands for folders too
	ModifiedAfter       string // a timestamp; empty: no bound
	ModifiedBefore      string

	Inference Inference

	// Unchecked are the names that nobody knows, given with cloudFiles.validateOptions = false.
	Unchecked []string
}

const (
	defaultMaxFileAge     = 7 * 24 * time.Hour
	defaultMaxCachedFiles = 10_000
	defaultDiscardRatio   = 0.2
	forever               = -24 * time.Hour // any negative age
)

// CloudFiles is the source name under which Auto Loader's options are understood.
const CloudFiles = "cloudFiles"

// ParseOptions reads the options of a stream, given the name under which it was asked for:
// "cloudFiles", or a file format. formats gives the options of a format's decoder. An option that
// neither knows is an error that names the near miss.
func ParseOptions(source string, given map[string]string, formats func(format string) (option.Table, error)) (Options, error) {
	if strings.EqualFold(source, CloudFiles) {
		return parseCloudFiles(given, formats)
	}
	format, err := formats(source)
	if err != nil {
		return Options{}, err
	}
	v, err := join(FileOptions, format).Parse(given)
	if err != nil {
		return Options{}, err
	}
	opts := Options{Format: strings.ToLower(source), FormatOptions: formatOptions(given, FileOptions)}
	if err := opts.readFileOptions(v); err != nil {
		return Options{}, err
	}
	opts.MaxFilesPerTrigger = v.Int("maxFilesPerTrigger")
	opts.MaxBytesPerTrigger = v.Int("maxBytesPerTrigger")
	if opts.MaxFilesPerTrigger > 0 && opts.MaxBytesPerTrigger > 0 {
		return Options{}, errclass.InvalidOption.New(
			"Options 'maxFilesPerTrigger' and 'maxBytesPerTrigger' can't be both set at the same time").
			WithHint("Keep the one that fits the size of your files.")
	}
	opts.MaxFileAge = v.Duration("maxFileAge")
	return opts, nil
}

// readFileOptions takes the options that mean the same under both names.
func (o *Options) readFileOptions(v option.Values) (err error) {
	if o.CleanSource, err = parseCleanSource(v.String("cleanSource")); err != nil {
		return err
	}
	o.SourceArchiveDir = v.String("sourceArchiveDir")
	if o.CleanSource == CleanArchive && o.SourceArchiveDir == "" {
		return errclass.InvalidOption.New("Archive mode must be used with 'sourceArchiveDir' option.")
	}
	if o.DiscardCachedInputRatio, err = parseRatio(v.String("discardCachedInputRatio")); err != nil {
		return err
	}
	o.MaxCachedFiles = int(min(v.Int("maxCachedFiles"), 1<<30))
	if o.MaxCachedFiles == 0 {
		o.MaxCachedFiles = -1
	}
	o.LatestFirst = v.Bool("latestFirst")
	o.FileNameOnly = v.Bool("fileNameOnly")
	o.PathGlobFilter = v.String("pathGlobFilter")
	o.RecursiveFileLookup = v.Bool("recursiveFileLookup")
	o.IgnoreMissingFiles = v.Bool("ignoreMissingFiles")
	o.IgnoreCorruptFiles = v.Bool("ignoreCorruptFiles")
	return nil
}

func parseCleanSource(text string) (CleanSource, error) {
	switch strings.ToLower(text) {
	case "off":
		return CleanOff, nil
	case "archive":
		return CleanArchive, nil
	case "delete":
		return CleanDelete, nil
	}
	return 0, errclass.InvalidOptionValue.New(
		"Invalid mode for clean source option Some(%s). Must be one of ARCHIVE,DELETE,OFF", text)
}

func lookup(given map[string]string, name string) string {
	for k, v := range given {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// join is the options of a source together with those of its decoder. Where both know a name, the
// source's words count.
func join(source, format option.Table) option.Table {
	all := append(option.Table(nil), source...)
	for _, spec := range format {
		if !declares(source, spec.Name) {
			all = append(all, spec)
		}
	}
	return all
}

// formatOptions is what was given to the decoder.
func formatOptions(given map[string]string, source option.Table) map[string]string {
	rest := make(map[string]string)
	for name, value := range given {
		if !declares(source, name) {
			rest[name] = value
		}
	}
	return rest
}

func declares(table option.Table, name string) bool {
	for _, spec := range table {
		if strings.EqualFold(spec.Name, name) {
			return true
		}
	}
	return false
}

func (o Options) maxFileAge() time.Duration {
	// Newest first under a limit meets old files last: forgetting them by age would lose them.
	if o.LatestFirst && (o.MaxFilesPerTrigger > 0 || o.MaxBytesPerTrigger > 0) {
		return forever
	}
	if o.MaxFileAge == 0 {
		return defaultMaxFileAge
	}
	return o.MaxFileAge
}

func (o Options) maxCachedFiles() int {
	if o.MaxCachedFiles == 0 {
		return defaultMaxCachedFiles
	}
	return max(o.MaxCachedFiles, 0)
}

func (o Options) discardRatio() float64 {
	if o.DiscardCachedInputRatio == 0 {
		return defaultDiscardRatio
	}
	return max(o.DiscardCachedInputRatio, 0)
}
