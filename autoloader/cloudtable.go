package autoloader

import "lakehouse/internal/option"

const (
	needsCloud  = "notifications of a cloud provider are not read. A local path tells of its files with cloudFiles.useNotifications; else the folder is listed."
	needsFileEv = "there is no file events service. Use cloudFiles.useNotifications on a local path, or leave the option out: the folder is listed."
)

// CloudFilesOptions are the options of Auto Loader.
var CloudFilesOptions = append(option.Table{
	{Name: "cloudFiles.format", Doc: "What the files hold: json, csv, xml, text, parquet, avro, orc or binaryFile. Required."},
	{Name: "cloudFiles.maxFilesPerTrigger", Kind: option.Positive, Default: "1000", Doc: "At most this many files in one batch."},
	{Name: "maxFilesPerTrigger", Kind: option.Positive, Doc: "The same as cloudFiles.maxFilesPerTrigger."},
	{Name: "cloudFiles.maxBytesPerTrigger", Kind: option.Bytes, Doc: "A batch is closed by the file that reaches this many bytes (10g); with maxFilesPerTrigger, the first limit reached counts."},
	{Name: "maxBytesPerTrigger", Kind: option.Bytes, Doc: "The same as cloudFiles.maxBytesPerTrigger."},
	{Name: "cloudFiles.maxFileAge", Kind: option.Duration, Doc: "Paths this much older than the newest one seen are forgotten. By default they are remembered for ever."},
	{Name: "maxFileAge", Kind: option.Duration, Doc: "The same as cloudFiles.maxFileAge."},
	{Name: "cloudFiles.includeExistingFiles", Kind: option.Bool, Default: "true", Doc: "Read the files that are there when the query starts for the first time; later starts do not look at this option."},
	{Name: "cloudFiles.allowOverwrites", Kind: option.Bool, Default: "false", Doc: "Read a file again, whole, when its modification time has changed. What it held before is not taken back."},
	{Name: "modifiedAfter", Doc: "Read only files modified after this time."},
	{Name: "modifiedBefore", Doc: "Read only files modified before this time."},

	{Name: "cloudFiles.cleanSource", Kind: option.Enum, Values: []string{"OFF", "DELETE", "MOVE"}, Default: "OFF", Doc: "OFF, DELETE or MOVE: what becomes of files once retentionDuration has passed since their batch was committed. Spark's cleanSource acts at once."},
	{Name: "cloudFiles.cleanSource.retentionDuration", Kind: option.Duration, Default: "30 days", Doc: "How long files are kept after their batch was committed; for DELETE at least 7 days."},
	{Name: "cloudFiles.cleanSource.moveDestination", Doc: "Where MOVE puts files, each under its path in the source. It must not lie in the source."},

	{Name: "cloudFiles.schemaLocation", Doc: "Where the inferred schema and its later versions are kept, in the folder _schemas; it may be the checkpointLocation. Needed when no schema is given."},
	{Name: "cloudFiles.schemaHints", Doc: "Types of columns as DDL, over those inferred: a.b INT for a field, arr.element.x and m.key, m.value within arrays and maps. A column that is not there is added."},
	{Name: "cloudFiles.inferColumnTypes", Kind: option.Bool, Default: "false", Doc: "Infer the types of columns of json, csv and xml; else they are strings. Later starts do not look at this option."},
	{Name: "cloudFiles.schemaEvolutionMode", Kind: option.Enum, Values: []string{"addNewColumns", "addNewColumnsWithTypeWidening", "rescue", "failOnNewColumns", "none"}, Doc: "What becomes of fields that the schema lacks: addNewColumns (the default without a schema), addNewColumnsWithTypeWidening, rescue, failOnNewColumns, none (the default with a schema)."},
	{Name: "cloudFiles.schemaEvolution.restart", Kind: option.Enum, Values: []string{"fail", "auto"}, Default: "fail", Doc: "Ours: what a query does after it has widened its schema. fail: it ends, as Auto Loader's, and goes on when it is started again. auto: it goes on by itself with the wider schema."},
	{Name: "cloudFiles.partitionColumns", Doc: "The columns of key=value folders, separated by commas; empty: none. By default they are found."},

	{Name: "cloudFiles.useNotifications", Kind: option.Bool, Default: "false", Doc: "On a local path: the folders tell of new files (inotify), which are read at once; a listing now and then makes sure. Where that cannot be had, the folder is listed, and the log says why."},
	{Name: "cloudFiles.backfillInterval", Kind: option.Duration, Doc: "How often the folder is listed beside notifications; by default every 10 minutes. Without notifications every trigger lists it."},
	{Name: "cloudFiles.useStrictGlobber", Kind: option.Bool, Default: "false", Doc: "Whether a star in the path stays within one folder, as in Spark; else it stands for folders too."},
	{Name: "cloudFiles.useIncrementalListing", Kind: option.Enum, Values: []string{"auto", "false"}, Same: []string{"false"}, Default: "auto", Doc: "Every listing is a full one."},
	{Name: "cloudFiles.validateOptions", Kind: option.Bool, Default: "true", Doc: "Whether an unknown option is an error; else the log names it."},

	{Name: "cloudFiles.useManagedFileEvents", Unsupported: needsFileEv},
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
}, sharedOptions...)
