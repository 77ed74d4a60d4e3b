package errclass

// The classes, by upstream's names. Keep each block in alphabetical order.
const (
	AmbiguousReference           Class = "AMBIGUOUS_REFERENCE"
	ArithmeticOverflow           Class = "ARITHMETIC_OVERFLOW"
	BinaryArithmeticOverflow     Class = "BINARY_ARITHMETIC_OVERFLOW"
	CallOnStreaming              Class = "CALL_ON_STREAMING_DATASET_UNSUPPORTED"
	CannotParseInterval          Class = "CANNOT_PARSE_INTERVAL"
	CannotParseTimestamp         Class = "CANNOT_PARSE_TIMESTAMP.WITH_SUGGESTION"
	CastInvalidInput             Class = "CAST_INVALID_INPUT"
	CastOverflow                 Class = "CAST_OVERFLOW"
	CheckpointInUse              Class = "CONCURRENT_QUERY"
	CheckpointMissing            Class = "STREAMING_CHECKPOINT_LOCATION_REQUIRED"
	ConcurrentStreamLogUpdate    Class = "CONCURRENT_STREAM_LOG_UPDATE"
	DataSourceNotFound           Class = "DATA_SOURCE_NOT_FOUND"
	DatatypeMismatch             Class = "DATATYPE_MISMATCH"
	DatatypeMismatchBinary       Class = "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"
	DatatypeMismatchBinaryType   Class = "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE"
	DatatypeMismatchCast         Class = "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"
	DatatypeMismatchCastANSI     Class = "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION"
	DatatypeMismatchConstraint   Class = "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION"
	DatatypeMismatchDataDiff     Class = "DATATYPE_MISMATCH.DATA_DIFF_TYPES"
	DatatypeMismatchFilter       Class = "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"
	DatatypeMismatchInput        Class = "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
	DatatypeMismatchNonFoldable  Class = "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT"
	DatatypeMismatchOrdering     Class = "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE"
	DatatypeMismatchRange        Class = "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE"
	DateTimeFieldOutOfBounds     Class = "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION"
	DateTimeOverflow             Class = "DATETIME_OVERFLOW"
	DivideByZero                 Class = "DIVIDE_BY_ZERO"
	DuplicatedMapKey             Class = "DUPLICATED_MAP_KEY"
	FailedReadFile               Class = "FAILED_READ_FILE"
	FieldNotFound                Class = "FIELD_NOT_FOUND"
	IllegalDayOfWeek             Class = "ILLEGAL_DAY_OF_WEEK"
	IntervalDividedByZero        Class = "INTERVAL_DIVIDED_BY_ZERO"
	InvalidArrayIndex            Class = "INVALID_ARRAY_INDEX"
	InvalidArrayIndexInElementAt Class = "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"
	InvalidDatetimePattern       Class = "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER"
	InvalidEscapeChar            Class = "INVALID_ESCAPE_CHAR"
	InvalidEscapeEnd             Class = "INVALID_FORMAT.ESC_AT_THE_END"
	InvalidEscapeMiddle          Class = "INVALID_FORMAT.ESC_IN_THE_MIDDLE"
	InvalidExtractBase           Class = "INVALID_EXTRACT_BASE_FIELD_TYPE"
	InvalidExtractField          Class = "INVALID_EXTRACT_FIELD"
	InvalidExtractFieldType      Class = "INVALID_EXTRACT_FIELD_TYPE"
	InvalidIndexOfZero           Class = "INVALID_INDEX_OF_ZERO"
	InvalidLogVersion            Class = "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION"
	InvalidOption                Class = "INVALID_OPTION"
	InvalidOptionValue           Class = "INVALID_OPTION_VALUE"
	InvalidParameterValue        Class = "INVALID_PARAMETER_VALUE"
	InvalidRegex                 Class = "INVALID_PARAMETER_VALUE.PATTERN"
	InvalidRegexGroup            Class = "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"
	InvalidStarUsage             Class = "INVALID_USAGE_OF_STAR_OR_REGEX"
	InvalidTimezone              Class = "INVALID_TIMEZONE"
	InvalidUTF8                  Class = "INVALID_UTF8_STRING"
	MalformedLogFile             Class = "MALFORMED_LOG_FILE"
	MalformedRecord              Class = "MALFORMED_RECORD_IN_PARSING"
	MemoryLimit                  Class = "MEMORY_LIMIT_EXCEEDED"
	MissingAggregation           Class = "MISSING_AGGREGATION"
	NullMapKey                   Class = "NULL_MAP_KEY"
	NumericValueOutOfRange       Class = "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"
	OutputModeDataSource         Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE"
	OutputModeInvalid            Class = "STREAMING_OUTPUT_MODE.INVALID"
	OutputModeOperation          Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION"
	ParseSyntaxError             Class = "PARSE_SYNTAX_ERROR"
	PathNotFound                 Class = "PATH_NOT_FOUND"
	RemainderByZero              Class = "REMAINDER_BY_ZERO"
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
	CannotDecodeURL              Class = "CANNOT_DECODE_URL"
	CollectionTooLarge           Class = "COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION"
	ConversionInvalid            Class = "CONVERSION_INVALID_INPUT"
	DatatypeMismatchArrayElement Class = "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES"
	DatatypeMismatchMapKeys      Class = "DATATYPE_MISMATCH.CREATE_MAP_KEY_DIFF_TYPES"
	DatatypeMismatchSequence     Class = "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES"
	InvalidCharset               Class = "INVALID_PARAMETER_VALUE.CHARSET"
	InvalidSequence              Class = "INVALID_PARAMETER_VALUE.BOUNDARIES"
	InvalidSliceLength           Class = "INVALID_PARAMETER_VALUE.LENGTH"
	InvalidSliceStart            Class = "INVALID_PARAMETER_VALUE.START"
	InvalidURL                   Class = "INVALID_URL"
	MalformedCharacter           Class = "MALFORMED_CHARACTER_CODING"
	MapSizes                     Class = "INVALID_PARAMETER_VALUE.MAP_SIZES"
	ComparatorReturnsNull        Class = "COMPARATOR_RETURNS_NULL"
	InvalidLambda                Class = "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION"
	UnresolvedColumn             Class = "UNRESOLVED_COLUMN.WITH_SUGGESTION"
	UnresolvedColumnBare         Class = "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION"
	UnresolvedRoutine            Class = "UNRESOLVED_ROUTINE"
	UnsupportedDatatype          Class = "UNSUPPORTED_DATATYPE"
	UnsupportedFeature           Class = "UNSUPPORTED_FEATURE"
	UnsupportedStreaming         Class = "UNSUPPORTED_STREAMING_OPERATION"
	UserRaised                   Class = "USER_RAISED_EXCEPTION"
	WriteStreamNotAllowed        Class = "WRITE_STREAM_NOT_ALLOWED"
	WrongNumArgs                 Class = "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"
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
	BinaryArithmeticOverflow:     "22003",
	CallOnStreaming:              "42KDE",
	CannotParseInterval:          "22006",
	CannotParseTimestamp:         "22007",
	CastInvalidInput:             "22018",
	CastOverflow:                 "22003",
	CheckpointInUse:              "0A000",
	ConcurrentStreamLogUpdate:    "40000",
	DataSourceNotFound:           "42K02",
	DatatypeMismatch:             "42K09",
	DatatypeMismatchBinary:       "42K09",
	DatatypeMismatchBinaryType:   "42K09",
	DatatypeMismatchCast:         "42K09",
	DatatypeMismatchCastANSI:     "42K09",
	DatatypeMismatchConstraint:   "42K09",
	DatatypeMismatchDataDiff:     "42K09",
	DatatypeMismatchFilter:       "42K09",
	DatatypeMismatchInput:        "42K09",
	DatatypeMismatchNonFoldable:  "42K09",
	DatatypeMismatchOrdering:     "42K09",
	DatatypeMismatchRange:        "42K09",
	DateTimeFieldOutOfBounds:     "22023",
	DateTimeOverflow:             "22008",
	DivideByZero:                 "22012",
	DuplicatedMapKey:             "23505",
	FailedReadFile:               "KD001",
	FieldNotFound:                "42704",
	IllegalDayOfWeek:             "22009",
	IntervalDividedByZero:        "22012",
	InvalidArrayIndex:            "22003",
	InvalidArrayIndexInElementAt: "22003",
	InvalidDatetimePattern:       "22007",
	InvalidEscapeChar:            "42604",
	InvalidEscapeEnd:             "42601",
	InvalidEscapeMiddle:          "42601",
	InvalidExtractBase:           "42000",
	InvalidExtractField:          "42601",
	InvalidExtractFieldType:      "42000",
	InvalidIndexOfZero:           "22003",
	InvalidParameterValue:        "22023",
	InvalidRegex:                 "22023",
	InvalidRegexGroup:            "22023",
	InvalidStarUsage:             "42000",
	InvalidTimezone:              "22009",
	InvalidUTF8:                  "22029",
	MalformedRecord:              "22023",
	MissingAggregation:           "42803",
	NullMapKey:                   "2200E",
	NumericValueOutOfRange:       "22003",
	OutputModeDataSource:         "42KDE",
	OutputModeInvalid:            "42KDE",
	OutputModeOperation:          "42KDE",
	ParseSyntaxError:             "42601",
	PathNotFound:                 "42K03",
	RemainderByZero:              "22012",
	SchemaAlreadyExists:          "42P06",
	SchemaNotEmpty:               "2BP01",
	SchemaNotFound:               "42704",
	StateKeySchema:               "XXKST",
	StateValueSchema:             "XXKST",
	StreamFailed:                 "XXKST",
	StreamMissingMetadata:        "42K03",
	TableAlreadyExists:           "42P07",
	TableNotFound:                "42P01",
	CannotDecodeURL:              "22546",
	CollectionTooLarge:           "54000",
	ConversionInvalid:            "22018",
	DatatypeMismatchArrayElement: "42K09",
	DatatypeMismatchMapKeys:      "42K09",
	DatatypeMismatchSequence:     "42K09",
	InvalidCharset:               "22023",
	InvalidSequence:              "22023",
	InvalidSliceLength:           "22023",
	InvalidSliceStart:            "22023",
	InvalidURL:                   "22P02",
	MalformedCharacter:           "22000",
	MapSizes:                     "22023",
	ComparatorReturnsNull:        "22004",
	InvalidLambda:                "42K0D",
	UnresolvedColumn:             "42703",
	UnresolvedColumnBare:         "42703",
	UnresolvedRoutine:            "42883",
	UnsupportedDatatype:          "0A000",
	UnsupportedFeature:           "0A000",
	UserRaised:                   "P0001",
	WriteStreamNotAllowed:        "42601",
	WrongNumArgs:                 "42605",
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
