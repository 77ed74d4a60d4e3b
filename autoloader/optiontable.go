package autoloader

import (
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// FileOptions are the options of Spark's file source, whatever the format.
var FileOptions = append(option.Table{
	{Name: "maxFilesPerTrigger", Kind: option.Positive, Doc: "At most this many files in one batch."},
	{Name: "maxBytesPerTrigger", Kind: option.Positive, Doc: "At most this many bytes of files in one batch; always at least one file."},
	{Name: "maxFileAge", Kind: option.Duration, Default: "7d", Doc: "Files this much older than the newest one seen are passed over, and paths seen are forgotten."},
}, append(sharedOptions, notInStreams...)...)

// sharedOptions mean the same for both sources.
var sharedOptions = option.Table{
	{Name: "path", Doc: "The folder to read; a glob is allowed."},
	{Name: "cleanSource", Default: "off", Doc: "What becomes of files whose batch is in the sink once the next one is planned: archive, delete or off."},
	{Name: "sourceArchiveDir", Doc: "Where archived files go, each under its whole path. It must not be able to match the source's path."},
	{Name: "latestFirst", Kind: option.Bool, Default: "false", Doc: "Read the newest files first."},
	{Name: "fileNameOnly", Kind: option.Bool, Default: "false", Doc: "Tell files apart by their base names only."},
	{Name: "maxCachedFiles", Kind: option.Count, Default: "10000", Doc: "Unread files kept from one listing for the next batches."},
	{Name: "discardCachedInputRatio", Default: "0.2", Doc: "List anew when fewer files are kept than this part of a batch; from 0 to 1."},
	{Name: "pathGlobFilter", Doc: "Read only files whose base names match this glob."},
	{Name: "recursiveFileLookup", Kind: option.Bool, Default: "false", Doc: "Read plain sub-folders too; key=value folders then add no columns."},
	{Name: "ignoreMissingFiles", Kind: option.Bool, Default: "false", Doc: "Pass over planned files that have vanished, instead of failing."},
	{Name: "ignoreCorruptFiles", Kind: option.Bool, Default: "false", Doc: "Pass over files that cannot be decoded, instead of failing."},
}

// notInStreams are options of batch reads that Spark's file source refuses in streams.
var notInStreams = option.Table{
	{Name: "modifiedBefore", Unsupported: "it is not allowed in file stream sources."},
	{Name: "modifiedAfter", Unsupported: "it is not allowed in file stream sources."},
}

// parseRatio gives -1 for 0, because the zero value of Options stands for the default.
func parseRatio(text string) (float64, error) {
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		return 0, errclass.InvalidOptionValue.New(
			"Invalid value '%s' for option 'discardCachedInputRatio', must be a positive double value between 0 and 1", text)
	}
	if ratio == 0 {
		return -1, nil
	}
	return ratio, nil
}
