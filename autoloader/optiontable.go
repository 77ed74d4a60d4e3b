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
}, sharedOptions...)

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
	{Name: "modifiedBefore", Unsupported: "it is not allowed in file stream sources."},
	{Name: "modifiedAfter", Unsupported: "it is not allowed in file stream sources."},
}

const (
	needsInference = "schemas are not inferred in streams yet; give a schema."
	needsCloud     = "notifications of a cloud provider are not read; the folder is listed. Leave the option out."
	needsListing   = "the folder is always listed as a whole. Leave the option out."
)

// CloudFilesOptions are the options of Auto Loader.
var CloudFilesOptions = append(append(option.Table{
	{Name: "cloudFiles.format", Doc: "What the files hold: json, csv, text or parquet. Required."},
	{Name: "cloudFiles.maxFilesPerTrigger", Kind: option.Positive, Default: "1000", Doc: "At most this many files in one batch."},
	{Name: "maxFilesPerTrigger", Kind: option.Positive, Doc: "The same as cloudFiles.maxFilesPerTrigger."},
	{Name: "cloudFiles.maxBytesPerTrigger", Kind: option.Bytes, Doc: "A batch is closed by the file that reaches this many bytes (10g); with maxFilesPerTrigger, the first limit reached counts."},
	{Name: "maxBytesPerTrigger", Kind: option.Bytes, Doc: "The same as cloudFiles.maxBytesPerTrigger."},
	{Name: "cloudFiles.maxFileAge", Kind: option.Duration, Doc: "Paths this much older than the newest one seen are forgotten. By default they are remembered for ever."},
	{Name: "maxFileAge", Kind: option.Duration, Doc: "The same as cloudFiles.maxFileAge."},
	{Name: "cloudFiles.includeExistingFiles", Kind: option.Bool, Default: "true", Doc: "Read the files that are there when the query starts for the first time; later starts do not look at this option."},
	{Name: "cloudFiles.cleanSource", Kind: option.Enum, Values: []string{"OFF", "DELETE", "MOVE"}, Default: "OFF", Doc: "OFF; for anything else use cleanSource."},
	{Name: "cloudFiles.validateOptions", Kind: option.Enum, Values: []string{"true"}, Default: "true", Doc: "Unknown options are always an error."},

	{Name: "cloudFiles.allowOverwrites", Kind: option.Bool, Unsupported: "a file is read once; write new content under a new name."},
	{Name: "cloudFiles.backfillInterval", Unsupported: needsListing},
	{Name: "cloudFiles.cleanSource.retentionDuration", Unsupported: "use 'cleanSource' = 'archive' or 'delete', which act when the next batch is planned."},
	{Name: "cloudFiles.cleanSource.moveDestination", Unsupported: "use 'cleanSource' = 'archive' with 'sourceArchiveDir'."},
	{Name: "cloudFiles.inferColumnTypes", Unsupported: needsInference},
	{Name: "cloudFiles.partitionColumns", Unsupported: "columns of key=value folders are found by themselves; leave the option out."},
	{Name: "cloudFiles.schemaEvolutionMode", Unsupported: needsInference},
	{Name: "cloudFiles.schemaHints", Unsupported: needsInference},
	{Name: "cloudFiles.schemaLocation", Unsupported: needsInference},
	{Name: "cloudFiles.useStrictGlobber", Unsupported: "globs are always Spark's; leave the option out."},
	{Name: "cloudFiles.useIncrementalListing", Unsupported: needsListing},
	{Name: "cloudFiles.useNotifications", Unsupported: needsCloud},
	{Name: "cloudFiles.useManagedFileEvents", Unsupported: needsCloud},
	{Name: "cloudFiles.fetchParallelism", Unsupported: needsCloud},
	{Name: "cloudFiles.pathRewrites", Unsupported: needsCloud},
	{Name: "cloudFiles.resourceTag.*", Unsupported: needsCloud},
	{Name: "cloudFiles.region", Unsupported: needsCloud},
	{Name: "cloudFiles.queueUrl", Unsupported: needsCloud},
	{Name: "cloudFiles.restrictNotificationSetupToSameAWSAccountId", Unsupported: needsCloud},
	{Name: "cloudFiles.awsAccessKey", Unsupported: needsCloud},
	{Name: "cloudFiles.awsSecretKey", Unsupported: needsCloud},
	{Name: "cloudFiles.roleArn", Unsupported: needsCloud},
	{Name: "cloudFiles.roleExternalId", Unsupported: needsCloud},
	{Name: "cloudFiles.roleSessionName", Unsupported: needsCloud},
	{Name: "cloudFiles.stsEndpoint", Unsupported: needsCloud},
	{Name: "databricks.serviceCredential", Unsupported: needsCloud},
	{Name: "cloudFiles.resourceGroup", Unsupported: needsCloud},
	{Name: "cloudFiles.subscriptionId", Unsupported: needsCloud},
	{Name: "cloudFiles.clientId", Unsupported: needsCloud},
	{Name: "cloudFiles.clientSecret", Unsupported: needsCloud},
	{Name: "cloudFiles.connectionString", Unsupported: needsCloud},
	{Name: "cloudFiles.tenantId", Unsupported: needsCloud},
	{Name: "cloudFiles.queueName", Unsupported: needsCloud},
	{Name: "cloudFiles.projectId", Unsupported: needsCloud},
	{Name: "cloudFiles.client", Unsupported: needsCloud},
	{Name: "cloudFiles.clientEmail", Unsupported: needsCloud},
	{Name: "cloudFiles.privateKey", Unsupported: needsCloud},
	{Name: "cloudFiles.privateKeyId", Unsupported: needsCloud},
	{Name: "cloudFiles.subscription", Unsupported: needsCloud},
}, sharedOptions...), rescueOptions...)

// rescueOptions belong to decoders under Auto Loader.
var rescueOptions = option.Table{}

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
