package errclass

// The classes, by upstream's names. Keep each block in alphabetical order.
const (
	AmbiguousReference           Class = "AMBIGUOUS_REFERENCE"
	ArithmeticOverflow           Class = "ARITHMETIC_OVERFLOW"
	CannotParseInterval          Class = "CANNOT_PARSE_INTERVAL"
	CallOnStreaming              Class = "CALL_ON_STREAMING_DATASET_UNSUPPORTED"
	CastInvalidInput             Class = "CAST_INVALID_INPUT"
	CastOverflow                 Class = "CAST_OVERFLOW"
	CheckpointInUse              Class = "CONCURRENT_QUERY"
	CheckpointMissing            Class = "STREAMING_CHECKPOINT_LOCATION_REQUIRED"
	ConcurrentStreamLogUpdate    Class = "CONCURRENT_STREAM_LOG_UPDATE"
	DataSourceNotFound           Class = "DATA_SOURCE_NOT_FOUND"
	DatatypeMismatch             Class = "DATATYPE_MISMATCH"
	DatatypeMismatchCast         Class = "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"
	DatatypeMismatchFilter       Class = "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"
	DatatypeMismatchInput        Class = "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
	DatatypeMissingSize          Class = "DATATYPE_MISSING_SIZE"
	DecimalPrecision             Class = "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"
	DecimalScale                 Class = "_LEGACY_ERROR_TEMP_1228"
	DivideByZero                 Class = "DIVIDE_BY_ZERO"
	FailedReadFile               Class = "FAILED_READ_FILE"
	FieldNotFound                Class = "FIELD_NOT_FOUND"
	IntervalOverflow             Class = "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION"
	InvalidArrayIndex            Class = "INVALID_ARRAY_INDEX"
	InvalidArrayIndexInElementAt Class = "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"
	InvalidLogVersion            Class = "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION"
	InvalidOption                Class = "INVALID_OPTION"
	InvalidOptionValue           Class = "INVALID_OPTION_VALUE"
	InvalidNumericLiteral        Class = "INVALID_NUMERIC_LITERAL_RANGE"
	InvalidSetSyntax             Class = "INVALID_SET_SYNTAX"
	InvalidStarUsage             Class = "INVALID_USAGE_OF_STAR_OR_REGEX"
	MalformedLogFile             Class = "MALFORMED_LOG_FILE"
	MalformedRecord              Class = "MALFORMED_RECORD_IN_PARSING"
	MemoryLimit                  Class = "MEMORY_LIMIT_EXCEEDED"
	MissingAggregation           Class = "MISSING_AGGREGATION"
	MissingWindowSpecification   Class = "MISSING_WINDOW_SPECIFICATION"
	OutputModeDataSource         Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE"
	OutputModeInvalid            Class = "STREAMING_OUTPUT_MODE.INVALID"
	OutputModeOperation          Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION"
	ParseSyntaxError             Class = "PARSE_SYNTAX_ERROR"
	PathNotFound                 Class = "PATH_NOT_FOUND"
	SchemaAlreadyExists          Class = "SCHEMA_ALREADY_EXISTS"
	SchemaNotEmpty               Class = "SCHEMA_NOT_EMPTY"
	SchemaNotFound               Class = "SCHEMA_NOT_FOUND"
	SourceFileMissing            Class = "STREAMING_SOURCE_FILE_MISSING"
	SourcesChanged               Class = "STREAMING_SOURCES_CHANGED"
	StateKeySchema               Class = "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE"
	StateValueSchema             Class = "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"
	StreamFailed                 Class = "STREAM_FAILED"
	StreamMissingMetadata        Class = "STREAMING_CHECKPOINT_MISSING_METADATA_FILE"
	TableAlreadyExists           Class = "TABLE_OR_VIEW_ALREADY_EXISTS"
	TableNotFound                Class = "TABLE_OR_VIEW_NOT_FOUND"
	UnclosedComment              Class = "UNCLOSED_BRACKETED_COMMENT"
	UnresolvedColumn             Class = "UNRESOLVED_COLUMN.WITH_SUGGESTION"
	UnresolvedColumnBare         Class = "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION"
	UnresolvedRoutine            Class = "UNRESOLVED_ROUTINE"
	UnsupportedDatatype          Class = "UNSUPPORTED_DATATYPE"
	UnsupportedFeature           Class = "UNSUPPORTED_FEATURE"
	UnsupportedStreaming         Class = "UNSUPPORTED_STREAMING_OPERATION"
	UnsupportedTimeType          Class = "UNSUPPORTED_TIME_TYPE"
	UnsupportedTypedLiteral      Class = "UNSUPPORTED_TYPED_LITERAL"
	WrongNumArgs                 Class = "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"
	WriteStreamNotAllowed        Class = "WRITE_STREAM_NOT_ALLOWED"
)

// Delta's classes.
const (
	DeltaConcurrentAppend       Class = "DELTA_CONCURRENT_APPEND"
	DeltaConcurrentDeleteDelete Class = "DELTA_CONCURRENT_DELETE_DELETE"
	DeltaConcurrentDeleteRead   Class = "DELTA_CONCURRENT_DELETE_READ"
	DeltaConcurrentTransaction  Class = "DELTA_CONCURRENT_TRANSACTION"
	DeltaConcurrentWrite        Class = "DELTA_CONCURRENT_WRITE"
	DeltaInsertArity            Class = "DELTA_INSERT_COLUMN_ARITY_MISMATCH"
	DeltaLogCorrupt             Class = "DELTA_LOG_FILE_MALFORMED"
	DeltaLogGap                 Class = "DELTA_VERSIONS_NOT_CONTIGUOUS"
	DeltaMetadataChanged        Class = "DELTA_METADATA_CHANGED"
	DeltaProtocolChanged        Class = "DELTA_PROTOCOL_CHANGED"
	DeltaSchemaMismatch         Class = "DELTA_SCHEMA_MISMATCH"
	DeltaSchemaNotSet           Class = "DELTA_SCHEMA_NOT_SET"
	DeltaSourceIgnoreChanges    Class = "DELTA_SOURCE_TABLE_IGNORE_CHANGES"
	DeltaSourceOtherTable       Class = "DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE"
	DeltaTableNotFound          Class = "DELTA_TABLE_NOT_FOUND"
	DeltaTimestampAfterLatest   Class = "DELTA_TIMESTAMP_GREATER_THAN_COMMIT"
	DeltaTimestampBeforeFirst   Class = "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"
	DeltaUnsupportedOutputMode  Class = "DELTA_UNSUPPORTED_OUTPUT_MODE"
	DeltaUnsupportedRead        Class = "DELTA_UNSUPPORTED_FEATURES_FOR_READ"
	DeltaUnsupportedWrite       Class = "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE"
	DeltaVersionNotFound        Class = "DELTA_VERSION_NOT_FOUND"
)

// sqlStates holds what upstream gives; a class of our own has none.
var sqlStates = map[Class]string{
	AmbiguousReference:           "42704",
	ArithmeticOverflow:           "22003",
	CannotParseInterval:          "22006",
	CallOnStreaming:              "42KDE",
	CastInvalidInput:             "22018",
	CastOverflow:                 "22003",
	CheckpointInUse:              "0A000",
	ConcurrentStreamLogUpdate:    "40000",
	DataSourceNotFound:           "42K02",
	DatatypeMismatch:             "42K09",
	DatatypeMismatchCast:         "42K09",
	DatatypeMismatchFilter:       "42K09",
	DatatypeMismatchInput:        "42K09",
	DatatypeMissingSize:          "42K01",
	DecimalPrecision:             "22003",
	DivideByZero:                 "22012",
	FailedReadFile:               "KD001",
	FieldNotFound:                "42704",
	IntervalOverflow:             "22015",
	InvalidArrayIndex:            "22003",
	InvalidArrayIndexInElementAt: "22003",
	InvalidNumericLiteral:        "22003",
	InvalidSetSyntax:             "42000",
	InvalidStarUsage:             "42000",
	MalformedRecord:              "22023",
	MissingAggregation:           "42803",
	MissingWindowSpecification:   "42P20",
	OutputModeDataSource:         "42KDE",
	OutputModeInvalid:            "42KDE",
	OutputModeOperation:          "42KDE",
	ParseSyntaxError:             "42601",
	PathNotFound:                 "42K03",
	SchemaAlreadyExists:          "42P06",
	SchemaNotEmpty:               "2BP01",
	SchemaNotFound:               "42704",
	StateKeySchema:               "XXKST",
	StateValueSchema:             "XXKST",
	StreamFailed:                 "XXKST",
	StreamMissingMetadata:        "42K03",
	TableAlreadyExists:           "42P07",
	TableNotFound:                "42P01",
	UnclosedComment:              "42601",
	UnresolvedColumn:             "42703",
	UnresolvedColumnBare:         "42703",
	UnresolvedRoutine:            "42883",
	UnsupportedDatatype:          "0A000",
	UnsupportedFeature:           "0A000",
	UnsupportedTimeType:          "0A000",
	UnsupportedTypedLiteral:      "0A000",
	WrongNumArgs:                 "42605",
	WriteStreamNotAllowed:        "42601",
	DeltaConcurrentAppend:        "2D521",
	DeltaConcurrentDeleteDelete:  "2D521",
	DeltaConcurrentDeleteRead:    "2D521",
	DeltaConcurrentTransaction:   "2D521",
	DeltaConcurrentWrite:         "2D521",
	DeltaInsertArity:             "42802",
	DeltaMetadataChanged:         "2D521",
	DeltaProtocolChanged:         "2D521",
	DeltaSchemaNotSet:            "KD008",
	DeltaSourceIgnoreChanges:     "0A000",
	DeltaSourceOtherTable:        "55019",
	DeltaTableNotFound:           "42P01",
	DeltaUnsupportedOutputMode:   "0AKDC",
	DeltaUnsupportedRead:         "56038",
	DeltaUnsupportedWrite:        "56038",
}
