package errclass

// The classes, by upstream's names. Keep each block in alphabetical order.
const (
	AllPartitionColumns          Class = "ALL_PARTITION_COLUMNS_NOT_ALLOWED"
	AmbiguousLateralAlias        Class = "AMBIGUOUS_LATERAL_COLUMN_ALIAS"
	AmbiguousReference           Class = "AMBIGUOUS_REFERENCE"
	ArithmeticOverflow           Class = "ARITHMETIC_OVERFLOW"
	BinaryArithmeticOverflow     Class = "BINARY_ARITHMETIC_OVERFLOW"
	CallOnStreaming              Class = "CALL_ON_STREAMING_DATASET_UNSUPPORTED"
	CannotDecodeURL              Class = "CANNOT_DECODE_URL"
	CannotMergeSchemas           Class = "CANNOT_MERGE_SCHEMAS"
	CannotParseInterval          Class = "CANNOT_PARSE_INTERVAL"
	CannotParseTimestamp         Class = "CANNOT_PARSE_TIMESTAMP.WITH_SUGGESTION"
	CannotResolveStar            Class = "CANNOT_RESOLVE_STAR_EXPAND"
	CastInvalidInput             Class = "CAST_INVALID_INPUT"
	CastOverflow                 Class = "CAST_OVERFLOW"
	CatalogNotFound              Class = "CATALOG_NOT_FOUND"
	CharAsString                 Class = "UNSUPPORTED_CHAR_OR_VARCHAR_AS_STRING"
	CheckpointInUse              Class = "CONCURRENT_QUERY"
	CheckpointInconsistent       Class = "STREAMING_CHECKPOINT_INCONSISTENT"
	CheckpointMissing            Class = "STREAMING_CHECKPOINT_LOCATION_REQUIRED"
	CloudFilesEmptyFolder        Class = "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE"
	CloudFilesUnknownOptions     Class = "CF_UNKNOWN_OPTION_KEYS_ERROR"
	CollectionTooLarge           Class = "COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION"
	ColumnAlreadyExists          Class = "COLUMN_ALREADY_EXISTS"
	ComparatorReturnsNull        Class = "COMPARATOR_RETURNS_NULL"
	ConcurrentStreamLogUpdate    Class = "CONCURRENT_STREAM_LOG_UPDATE"
	ConfNotFound                 Class = "SQL_CONF_NOT_FOUND"
	ConversionInvalid            Class = "CONVERSION_INVALID_INPUT"
	DataSourceNotFound           Class = "DATA_SOURCE_NOT_FOUND"
	DatatypeMismatch             Class = "DATATYPE_MISMATCH"
	DatatypeMismatchArrayElement Class = "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES"
	DatatypeMismatchBinary       Class = "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"
	DatatypeMismatchBinaryType   Class = "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE"
	DatatypeMismatchCast         Class = "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"
	DatatypeMismatchCastANSI     Class = "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION"
	DatatypeMismatchCastFunction Class = "DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION"
	DatatypeMismatchConstraint   Class = "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION"
	DatatypeMismatchDataDiff     Class = "DATATYPE_MISMATCH.DATA_DIFF_TYPES"
	DatatypeMismatchFilter       Class = "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"
	DatatypeMismatchInput        Class = "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
	DatatypeMismatchMapKeys      Class = "DATATYPE_MISMATCH.CREATE_MAP_KEY_DIFF_TYPES"
	DatatypeMismatchNonFoldable  Class = "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT"
	DatatypeMismatchOrdering     Class = "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE"
	DatatypeMismatchRange        Class = "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE"
	DatatypeMismatchSequence     Class = "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES"
	DatatypeMismatchUnsupported  Class = "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE"
	DatatypeMissingSize          Class = "DATATYPE_MISSING_SIZE"
	DateTimeFieldOutOfBounds     Class = "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION"
	DateTimeOverflow             Class = "DATETIME_OVERFLOW"
	DecimalPrecision             Class = "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"
	DecimalScale                 Class = "_LEGACY_ERROR_TEMP_1228"
	DeltaReservedColumn          Class = "RESERVED_CDC_COLUMNS_ON_WRITE"
	DivideByZero                 Class = "DIVIDE_BY_ZERO"
	DuplicateArgument            Class = "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE"
	DuplicateArgumentBoth        Class = "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED"
	DuplicateKey                 Class = "DUPLICATE_KEY"
	DuplicatedCTE                Class = "DUPLICATED_CTE_NAMES"
	DuplicatedMapKey             Class = "DUPLICATED_MAP_KEY"
	DuplicatedMetricsName        Class = "DUPLICATED_METRICS_NAME"
	EventTimeType                Class = "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE"
	ExpressionUnorderable        Class = "EXPRESSION_TYPE_IS_NOT_ORDERABLE"
	FailedReadFile               Class = "FAILED_READ_FILE"
	FieldNotFound                Class = "FIELD_NOT_FOUND"
	FilterAggregate              Class = "INVALID_AGGREGATE_FILTER.CONTAINS_AGGREGATE"
	ForeachBatchFailed           Class = "FOREACH_BATCH_USER_FUNCTION_ERROR"
	ForeachFailed                Class = "FOREACH_USER_FUNCTION_ERROR"
	GroupByAggregate             Class = "GROUP_BY_AGGREGATE"
	GroupByPosition              Class = "GROUP_BY_POS_OUT_OF_RANGE"
	GroupByPositionAggregate     Class = "GROUP_BY_POS_AGGREGATE"
	GroupByUnorderable           Class = "GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE"
	HashMapType                  Class = "DATATYPE_MISMATCH.HASH_MAP_TYPE"
	HashVariantType              Class = "DATATYPE_MISMATCH.HASH_VARIANT_TYPE"
	IllegalDayOfWeek             Class = "ILLEGAL_DAY_OF_WEEK"
	IncompatibleColumnType       Class = "INCOMPATIBLE_COLUMN_TYPE"
	InternalError                Class = "INTERNAL_ERROR"
	IntervalDividedByZero        Class = "INTERVAL_DIVIDED_BY_ZERO"
	IntervalOverflow             Class = "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION"
	InvalidArrayIndex            Class = "INVALID_ARRAY_INDEX"
	InvalidArrayIndexInElementAt Class = "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"
	InvalidCharset               Class = "INVALID_PARAMETER_VALUE.CHARSET"
	InvalidConfValue             Class = "INVALID_CONF_VALUE"
	InvalidDatetimePattern       Class = "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER"
	InvalidEscapeChar            Class = "INVALID_ESCAPE_CHAR"
	InvalidEscapeEnd             Class = "INVALID_FORMAT.ESC_AT_THE_END"
	InvalidEscapeMiddle          Class = "INVALID_FORMAT.ESC_IN_THE_MIDDLE"
	InvalidExtractBase           Class = "INVALID_EXTRACT_BASE_FIELD_TYPE"
	InvalidExtractField          Class = "INVALID_EXTRACT_FIELD"
	InvalidExtractFieldType      Class = "INVALID_EXTRACT_FIELD_TYPE"
	InvalidIndexOfZero           Class = "INVALID_INDEX_OF_ZERO"
	InvalidInlineTable           Class = "INVALID_INLINE_TABLE"
	InvalidLambda                Class = "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION"
	InvalidLimitColumn           Class = "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE"
	InvalidLimitNegative         Class = "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE"
	InvalidLimitType             Class = "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE"
	InvalidLogVersion            Class = "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION"
	InvalidMapKey                Class = "DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE"
	InvalidName                  Class = "INVALID_SCHEMA_OR_RELATION_NAME"
	InvalidNumberFormat          Class = "INVALID_FORMAT.MISMATCH_INPUT_FORMAT"
	InvalidNumberInput           Class = "INVALID_FORMAT.MISMATCH_INPUT"
	InvalidNumericLiteral        Class = "INVALID_NUMERIC_LITERAL_RANGE"
	InvalidOption                Class = "INVALID_OPTION"
	InvalidOptionValue           Class = "INVALID_OPTION_VALUE"
	InvalidOptions               Class = "INVALID_OPTIONS.NON_MAP_FUNCTION"
	InvalidParameterValue        Class = "INVALID_PARAMETER_VALUE"
	InvalidPartitionType         Class = "INVALID_PARTITION_COLUMN_DATA_TYPE"
	InvalidPath                  Class = "INVALID_PATH"
	InvalidRegex                 Class = "INVALID_PARAMETER_VALUE.PATTERN"
	InvalidRegexGroup            Class = "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"
	InvalidSaveMode              Class = "INVALID_SAVE_MODE"
	InvalidSchema                Class = "INVALID_SCHEMA.NON_STRING_LITERAL"
	InvalidSequence              Class = "INVALID_PARAMETER_VALUE.BOUNDARIES"
	InvalidSetSyntax             Class = "INVALID_SET_SYNTAX"
	InvalidSingleVariant         Class = "INVALID_SINGLE_VARIANT_COLUMN"
	InvalidSliceLength           Class = "INVALID_PARAMETER_VALUE.LENGTH"
	InvalidSliceStart            Class = "INVALID_PARAMETER_VALUE.START"
	InvalidStarUsage             Class = "INVALID_USAGE_OF_STAR_OR_REGEX"
	InvalidSubquery              Class = "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN"
	InvalidSyntax                Class = "INVALID_SQL_SYNTAX"
	InvalidTempReference         Class = "INVALID_TEMP_OBJ_REFERENCE"
	InvalidTimezone              Class = "INVALID_TIMEZONE"
	InvalidTypedLiteral          Class = "INVALID_TYPED_LITERAL"
	InvalidURL                   Class = "INVALID_URL"
	InvalidUTF8                  Class = "INVALID_UTF8_STRING"
	InvalidVariantCast           Class = "INVALID_VARIANT_CAST"
	InvalidVariantFile           Class = "INVALID_VARIANT_FROM_PARQUET"
	InvalidVariantPath           Class = "INVALID_VARIANT_GET_PATH"
	InvalidVariantShredding      Class = "INVALID_VARIANT_SHREDDING_SCHEMA"
	InvalidWatermarkDelay        Class = "INVALID_WATERMARK_DELAY"
	InvalidWhere                 Class = "INVALID_WHERE_CONDITION"
	JoinNotBoolean               Class = "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE"
	LambdaArguments              Class = "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH"
	MalformedCharacter           Class = "MALFORMED_CHARACTER_CODING"
	MalformedLogFile             Class = "MALFORMED_LOG_FILE"
	MalformedRecord              Class = "MALFORMED_RECORD_IN_PARSING"
	MalformedVariant             Class = "MALFORMED_VARIANT"
	MapSizes                     Class = "INVALID_PARAMETER_VALUE.MAP_SIZES"
	MemoryLimit                  Class = "MEMORY_LIMIT_EXCEEDED"
	MissingAggregation           Class = "MISSING_AGGREGATION"
	MissingGroupBy               Class = "MISSING_GROUP_BY"
	MissingWindowSpecification   Class = "MISSING_WINDOW_SPECIFICATION"
	NestedAggregate              Class = "NESTED_AGGREGATE_FUNCTION"
	NestedGenerator              Class = "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS"
	NonPartitionColumn           Class = "NON_PARTITION_COLUMN"
	NonTimeWindow                Class = "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING"
	NullMapKey                   Class = "NULL_MAP_KEY"
	NumColumnsMismatch           Class = "NUM_COLUMNS_MISMATCH"
	NumericValueOutOfRange       Class = "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"
	ObservedMetricsAttribute     Class = "INVALID_OBSERVED_METRICS.NON_AGGREGATE_FUNC_ARG_IS_ATTRIBUTE"
	ObservedMetricsDistinct      Class = "INVALID_OBSERVED_METRICS.AGGREGATE_EXPRESSION_WITH_DISTINCT_UNSUPPORTED"
	ObservedMetricsName          Class = "INVALID_OBSERVED_METRICS.MISSING_NAME"
	OrderByPosition              Class = "ORDER_BY_POS_OUT_OF_RANGE"
	OutputModeDataSource         Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_DATASOURCE"
	OutputModeInvalid            Class = "STREAMING_OUTPUT_MODE.INVALID"
	OutputModeOperation          Class = "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION"
	ParseSyntaxError             Class = "PARSE_SYNTAX_ERROR"
	PartitionByVariant           Class = "UNSUPPORTED_FEATURE.PARTITION_BY_VARIANT"
	PathAlreadyExists            Class = "PATH_ALREADY_EXISTS"
	PathNotFound                 Class = "PATH_NOT_FOUND"
	PathRequired                 Class = "PATH_NOT_SPECIFIED"
	ProcessorDuplicateVariable   Class = "STATEFUL_PROCESSOR_DUPLICATE_STATE_VARIABLE_DEFINED"
	ProcessorHandleState         Class = "STATEFUL_PROCESSOR_CANNOT_PERFORM_OPERATION_WITH_INVALID_HANDLE_STATE"
	ProcessorTTL                 Class = "STATEFUL_PROCESSOR_TTL_DURATION_MUST_BE_POSITIVE"
	ProcessorTTLMode             Class = "STATEFUL_PROCESSOR_INCORRECT_TIME_MODE_TO_ASSIGN_TTL"
	ProcessorTimeMode            Class = "STATEFUL_PROCESSOR_CANNOT_PERFORM_OPERATION_WITH_INVALID_TIME_MODE"
	ProcessorUnknownTimeMode     Class = "STATEFUL_PROCESSOR_UNKNOWN_TIME_MODE"
	ProcessorUserError           Class = "TRANSFORM_WITH_STATE_USER_FUNCTION_ERROR"
	QueryNameRequired            Class = "STREAMING_QUERY_NAME_REQUIRED"
	QueryNameTaken               Class = "STREAMING_QUERY_NAME_ALREADY_ACTIVE"
	ReadAncientDatetime          Class = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.READ_ANCIENT_DATETIME"
	RecursiveView                Class = "RECURSIVE_VIEW"
	RemainderByZero              Class = "REMAINDER_BY_ZERO"
	RequiredParameter            Class = "REQUIRED_PARAMETER_NOT_FOUND"
	ScalarSubqueryTooManyRows    Class = "SCALAR_SUBQUERY_TOO_MANY_ROWS"
	SchemaAlreadyExists          Class = "SCHEMA_ALREADY_EXISTS"
	SchemaNotEmpty               Class = "SCHEMA_NOT_EMPTY"
	SchemaNotFound               Class = "SCHEMA_NOT_FOUND"
	SetOperationOnVariant        Class = "UNSUPPORTED_FEATURE.SET_OPERATION_ON_VARIANT_TYPE"
	SingleNamespace              Class = "REQUIRES_SINGLE_PART_NAMESPACE"
	SingleTrigger                Class = "ONLY_ALLOW_SINGLE_TRIGGER"
	SourceFileChanged            Class = "STREAMING_SOURCE_FILE_CHANGED"
	SourceFileMissing            Class = "STREAMING_SOURCE_FILE_MISSING"
	SourcesChanged               Class = "STREAMING_SOURCES_CHANGED"
	StateBatchUnavailable        Class = "STDS_COMMITTED_BATCH_UNAVAILABLE"
	StateConflictOptions         Class = "STDS_CONFLICT_OPTIONS"
	StateDeltaMissing            Class = "CANNOT_LOAD_STATE_STORE.CANNOT_READ_DELTA_FILE_NOT_EXISTS"
	StateInvalidConfig           Class = "STATE_STORE_INVALID_CONFIG_AFTER_RESTART"
	StateInvalidOption           Class = "STDS_INVALID_OPTION_VALUE.WITH_MESSAGE"
	StateKeyFormat               Class = "STATE_STORE_KEY_ROW_FORMAT_VALIDATION_FAILURE"
	StateKeySchema               Class = "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE"
	StateNoPartition             Class = "STDS_NO_PARTITION_DISCOVERED_IN_STATE_STORE"
	StateOffsetsUnavailable      Class = "STDS_OFFSET_LOG_UNAVAILABLE"
	StateOperatorMismatch        Class = "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA"
	StateOperatorUnknown         Class = "STDS_FAILED_TO_READ_OPERATOR_METADATA"
	StateOptionEmpty             Class = "STDS_INVALID_OPTION_VALUE.IS_EMPTY"
	StateOptionMissing           Class = "STDS_REQUIRED_OPTION_UNSPECIFIED"
	StateOptionNegative          Class = "STDS_INVALID_OPTION_VALUE.IS_NEGATIVE"
	StateSchemaUnreadable        Class = "STDS_FAILED_TO_READ_STATE_SCHEMA"
	StateUnreadable              Class = "CANNOT_LOAD_STATE_STORE.UNCATEGORIZED"
	StateValueFormat             Class = "STATE_STORE_VALUE_ROW_FORMAT_VALIDATION_FAILURE"
	StateValueSchema             Class = "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"
	StateVariableType            Class = "STATE_STORE_INVALID_VARIABLE_TYPE_CHANGE"
	StreamFailed                 Class = "STREAM_FAILED"
	StreamMissingMetadata        Class = "STREAMING_CHECKPOINT_MISSING_METADATA_FILE"
	StreamSchemaRequired         Class = "STREAMING_SOURCE_SCHEMA_REQUIRED"
	TableAlreadyExists           Class = "TABLE_OR_VIEW_ALREADY_EXISTS"
	TableNotFound                Class = "TABLE_OR_VIEW_NOT_FOUND"
	TempViewAlreadyExists        Class = "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS"
	TempViewName                 Class = "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS"
	TextColumns                  Class = "TEXT_DATA_SOURCE_COLUMNS"
	UDTFAliases                  Class = "UDTF_ALIAS_NUMBER_MISMATCH"
	UnableToInferSchema          Class = "UNABLE_TO_INFER_SCHEMA"
	UnclosedComment              Class = "UNCLOSED_BRACKETED_COMMENT"
	UnexpectedPositional         Class = "UNEXPECTED_POSITIONAL_ARGUMENT"
	UnknownFieldsInFile          Class = "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE"
	UnknownPrimitiveInVariant    Class = "UNKNOWN_PRIMITIVE_TYPE_IN_VARIANT"
	UnresolvableTableFunction    Class = "UNRESOLVABLE_TABLE_VALUED_FUNCTION"
	UnresolvedColumn             Class = "UNRESOLVED_COLUMN.WITH_SUGGESTION"
	UnresolvedColumnBare         Class = "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION"
	UnresolvedRoutine            Class = "UNRESOLVED_ROUTINE"
	UnresolvedUsing              Class = "UNRESOLVED_USING_COLUMN_FOR_JOIN"
	UnsupportedDataSourceType    Class = "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"
	UnsupportedDatatype          Class = "UNSUPPORTED_DATATYPE"
	UnsupportedFeature           Class = "UNSUPPORTED_FEATURE"
	UnsupportedGeneration        Class = "UNSUPPORTED_EXPRESSION_GENERATED_COLUMN"
	UnsupportedGenerator         Class = "UNSUPPORTED_GENERATOR"
	UnsupportedGrouping          Class = "UNSUPPORTED_GROUPING_EXPRESSION"
	UnsupportedJoinType          Class = "UNSUPPORTED_JOIN_TYPE"
	UnsupportedOnlyCorruptRecord Class = "UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN"
	UnsupportedStreaming         Class = "UNSUPPORTED_STREAMING_OPERATION"
	UnsupportedSubquery          Class = "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY"
	UnsupportedTimeType          Class = "UNSUPPORTED_TIME_TYPE"
	UnsupportedTypedLiteral      Class = "UNSUPPORTED_TYPED_LITERAL"
	UserRaised                   Class = "USER_RAISED_EXCEPTION"
	VariantDuplicateKey          Class = "VARIANT_DUPLICATE_KEY"
	VariantSizeLimit             Class = "VARIANT_SIZE_LIMIT"
	ViewArityLess                Class = "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
	ViewArityMore                Class = "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
	ViewExpected                 Class = "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE"
	ViewTooDeep                  Class = "VIEW_EXCEED_MAX_NESTED_DEPTH"
	WatermarkAliases             Class = "CANNOT_USE_MULTI_ALIASES_IN_WATERMARK_CLAUSE"
	WatermarkName                Class = "REQUIRES_EXPLICIT_NAME_IN_WATERMARK_CLAUSE"
	WindowRequired               Class = "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE"
	WindowUnordered              Class = "WINDOW_FUNCTION_WITHOUT_ORDER_BY"
	WriteStreamNotAllowed        Class = "WRITE_STREAM_NOT_ALLOWED"
	WrongCommand                 Class = "WRONG_COMMAND_FOR_OBJECT_TYPE"
	WrongNumArgs                 Class = "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"
	WrongObjectType              Class = "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE"
	XMLRowTagMissing             Class = "XML_ROW_TAG_MISSING"
)

// Delta's classes.
const (
	ChangeColumnUnsupported        Class = "NOT_SUPPORTED_CHANGE_COLUMN"
	DefaultDataType                Class = "INVALID_DEFAULT_VALUE.DATA_TYPE"
	DefaultNotConstant             Class = "INVALID_DEFAULT_VALUE.NOT_CONSTANT"
	DefaultPlacement               Class = "DEFAULT_PLACEMENT_INVALID"
	DefaultUnresolved              Class = "INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION"
	DeltaAddConstraints            Class = "DELTA_ADD_CONSTRAINTS"
	DeltaAppendOnly                Class = "DELTA_CANNOT_MODIFY_APPEND_ONLY"
	DeltaCannotModify              Class = "DELTA_CANNOT_MODIFY_TABLE_PROPERTY"
	DeltaChangeColumn              Class = "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP"
	DeltaCheckRandom               Class = "DELTA_NON_DETERMINISTIC_EXPRESSION_IN_CHECK_CONSTRAINT"
	DeltaCloneNonEmpty             Class = "DELTA_UNSUPPORTED_NON_EMPTY_CLONE"
	DeltaCloneSameTable            Class = "DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE"
	DeltaClusterAndPartition       Class = "DELTA_CLUSTER_BY_WITH_PARTITIONED_BY"
	DeltaClusterColumns            Class = "DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS"
	DeltaClusterPartitioned        Class = "DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED"
	DeltaClusterStats              Class = "DELTA_CLUSTERING_COLUMN_MISSING_STATS"
	DeltaClusterType               Class = "DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED"
	DeltaClusteringPredicate       Class = "DELTA_CLUSTERING_WITH_PARTITION_PREDICATE"
	DeltaClusteringZOrder          Class = "DELTA_CLUSTERING_WITH_ZORDER_BY"
	DeltaColumnMappingMode         Class = "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE"
	DeltaColumnNotInSchema         Class = "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA"
	DeltaConcurrentAppend          Class = "DELTA_CONCURRENT_APPEND"
	DeltaConcurrentDeleteDelete    Class = "DELTA_CONCURRENT_DELETE_DELETE"
	DeltaConcurrentDeleteRead      Class = "DELTA_CONCURRENT_DELETE_READ"
	DeltaConcurrentTransaction     Class = "DELTA_CONCURRENT_TRANSACTION"
	DeltaConcurrentWrite           Class = "DELTA_CONCURRENT_WRITE"
	DeltaConstraintDepends         Class = "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE"
	DeltaConstraintExists          Class = "DELTA_CONSTRAINT_ALREADY_EXISTS"
	DeltaConstraintMissing         Class = "DELTA_CONSTRAINT_DOES_NOT_EXIST"
	DeltaConstraintName            Class = "DELTA_INVALID_CONSTRAINT_NAME"
	DeltaConstraintViolated        Class = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
	DeltaConvertNonParquet         Class = "DELTA_CONVERT_NON_PARQUET_TABLE"
	DeltaConvertPartitionColumn    Class = "DELTA_UNEXPECTED_PARTITION_COLUMN_FROM_FILE_NAME"
	DeltaConvertPartitionCount     Class = "DELTA_UNEXPECTED_NUM_PARTITION_COLUMNS_FROM_FILE_NAME"
	DeltaDataChangeFalse           Class = "DELTA_DATA_CHANGE_FALSE"
	DeltaDeepClone                 Class = "DELTA_UNSUPPORTED_DEEP_CLONE"
	DeltaDefaultOfNewColumn        Class = "WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED"
	DeltaDefaultsNotEnabled        Class = "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED"
	DeltaDomainUnsupported         Class = "DELTA_DOMAIN_METADATA_NOT_SUPPORTED"
	DeltaDropClustering            Class = "DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN"
	DeltaDropConstraints           Class = "DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE"
	DeltaDropOnly                  Class = "DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA"
	DeltaDropPartition             Class = "DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN"
	DeltaDropUnsupported           Class = "DELTA_UNSUPPORTED_DROP_COLUMN"
	DeltaDuplicateActions          Class = "DELTA_DUPLICATE_ACTIONS_FOUND"
	DeltaDuplicateColumns          Class = "DELTA_DUPLICATE_COLUMNS_FOUND"
	DeltaDuplicateDomain           Class = "DELTA_DUPLICATE_DOMAIN_METADATA_INTERNAL_ERROR"
	DeltaExceedsLength             Class = "DELTA_EXCEED_CHAR_VARCHAR_LIMIT"
	DeltaFeatureDrop               Class = "DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE"
	DeltaFeatureDropDependent      Class = "DELTA_FEATURE_DROP_DEPENDENT_FEATURE"
	DeltaFeatureDropHistory        Class = "DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST"
	DeltaFeatureDropIsProperty     Class = "DELTA_FEATURE_DROP_FEATURE_IS_DELTA_PROPERTY"
	DeltaFeatureDropNoTruncation   Class = "DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED"
	DeltaFeatureDropNonremovable   Class = "DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE"
	DeltaFeatureDropNotPresent     Class = "DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT"
	DeltaFeatureDropProtection     Class = "DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION"
	DeltaFeatureDropProtectionWait Class = "DELTA_FEATURE_DROP_CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD"
	DeltaFeatureDropWait           Class = "DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD"
	DeltaFeatureStatus             Class = "DELTA_UNSUPPORTED_FEATURE_STATUS"
	DeltaFileNotFound              Class = "DELTA_FILE_NOT_FOUND_DETAILED"
	DeltaGeneratedDepends          Class = "DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE"
	DeltaGeneratedType             Class = "DELTA_UNSUPPORTED_DATA_TYPE_IN_GENERATED_COLUMN"
	DeltaGeneratedTypeMismatch     Class = "DELTA_GENERATED_COLUMNS_EXPR_TYPE_MISMATCH"
	DeltaIcebergCompat             Class = "DELTA_ICEBERG_COMPAT_VIOLATION"
	DeltaIdempotentOptions         Class = "DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS"
	DeltaIdentityAlter             Class = "DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED"
	DeltaIdentityExplicit          Class = "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED"
	DeltaIdentityInconsistent      Class = "DELTA_IDENTITY_COLUMN_INCONSISTENT_METADATA"
	DeltaIdentityPartition         Class = "DELTA_IDENTITY_COLUMNS_PARTITION_NOT_SUPPORTED"
	DeltaIdentityReplace           Class = "DELTA_IDENTITY_COLUMNS_REPLACE_COLUMN_NOT_SUPPORTED"
	DeltaIdentityStep              Class = "DELTA_IDENTITY_COLUMNS_ILLEGAL_STEP"
	DeltaIdentitySync              Class = "DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN"
	DeltaIdentityType              Class = "DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE"
	DeltaInsertArity               Class = "DELTA_INSERT_COLUMN_ARITY_MISMATCH"
	DeltaInvalidChangeRange        Class = "DELTA_INVALID_CDC_RANGE"
	DeltaInvalidColumnName         Class = "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES"
	DeltaInvalidOffset             Class = "DELTA_INVALID_SOURCE_OFFSET_FORMAT"
	DeltaInvalidOffsetVersion      Class = "DELTA_INVALID_FORMAT_FROM_SOURCE_VERSION"
	DeltaInvalidPartitionColumn    Class = "DELTA_INVALID_PARTITION_COLUMN_NAME"
	DeltaInvalidProtocol           Class = "DELTA_INVALID_PROTOCOL_VERSION"
	DeltaInvalidProtocolDowngrade  Class = "DELTA_INVALID_PROTOCOL_DOWNGRADE"
	DeltaInventorySchema           Class = "DELTA_INVALID_INVENTORY_SCHEMA"
	DeltaLocationMismatch          Class = "DELTA_TABLE_LOCATION_MISMATCH"
	DeltaLocationNotEmpty          Class = "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION"
	DeltaLogCorrupt                Class = "DELTA_LOG_FILE_MALFORMED"
	DeltaLogGap                    Class = "DELTA_VERSIONS_NOT_CONTIGUOUS"
	DeltaLogGoneForStream          Class = "DELTA_LOG_FILE_NOT_FOUND_FOR_STREAMING_SOURCE"
	DeltaManifestMapping           Class = "DELTA_UNSUPPORTED_MANIFEST_GENERATION_WITH_COLUMN_MAPPING"
	DeltaManifestVectors           Class = "DELTA_UNSUPPORTED_GENERATE_WITH_DELETION_VECTORS"
	DeltaMetadataChanged           Class = "DELTA_METADATA_CHANGED"
	DeltaMissingChangeData         Class = "DELTA_MISSING_CHANGE_DATA"
	DeltaMissingTable              Class = "DELTA_MISSING_DELTA_TABLE"
	DeltaNestedNotNull             Class = "DELTA_NESTED_NOT_NULL_CONSTRAINT"
	DeltaNewCheckViolated          Class = "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"
	DeltaNewNotNullViolated        Class = "DELTA_NEW_NOT_NULL_VIOLATION"
	DeltaNonBooleanCheck           Class = "DELTA_NON_BOOLEAN_CHECK_CONSTRAINT"
	DeltaNotAllowed                Class = "DELTA_OPERATION_NOT_ALLOWED"
	DeltaNotNullViolated           Class = "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
	DeltaNotPartitioned            Class = "DELTA_SHOW_PARTITION_IN_NON_PARTITIONED_TABLE"
	DeltaNullRange                 Class = "DELTA_CDC_READ_NULL_RANGE_BOUNDARY"
	DeltaOptimizeFull              Class = "DELTA_OPTIMIZE_FULL_NOT_SUPPORTED"
	DeltaOtherPartitioning         Class = "DELTA_CREATE_TABLE_WITH_DIFFERENT_PARTITIONING"
	DeltaOtherProperties           Class = "DELTA_CREATE_TABLE_WITH_DIFFERENT_PROPERTY"
	DeltaOverwriteSchemaDynamic    Class = "DELTA_OVERWRITE_SCHEMA_WITH_DYNAMIC_PARTITION_OVERWRITE"
	DeltaParentNotStruct           Class = "DELTA_ADD_COLUMN_PARENT_NOT_STRUCT"
	DeltaPartitionPredicate        Class = "DELTA_NON_PARTITION_COLUMN_REFERENCE"
	DeltaProtocolChanged           Class = "DELTA_PROTOCOL_CHANGED"
	DeltaRegexSyntax               Class = "DELTA_REGEX_OPT_SYNTAX_ERROR"
	DeltaRenameUnsupported         Class = "DELTA_UNSUPPORTED_RENAME_COLUMN"
	DeltaReplaceColumns            Class = "DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP"
	DeltaRestoreMissingFiles       Class = "DELTA_RESTORE_MISSING_FILES" // upstream's has no class
	DeltaRestoreTimestampAfter     Class = "DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER"
	DeltaRestoreTimestampBefore    Class = "DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER"
	DeltaRestoreVersion            Class = "DELTA_CANNOT_RESTORE_TABLE_VERSION"
	DeltaRowIDWithoutStats         Class = "DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS"
	DeltaRowTrackingProperties     Class = "DELTA_ROW_TRACKING_ILLEGAL_PROPERTY_COMBINATION"
	DeltaSchemaChangedInStream     Class = "DELTA_SCHEMA_CHANGED_WITH_VERSION"
	DeltaSchemaChangedSince        Class = "DELTA_SCHEMA_CHANGE_SINCE_ANALYSIS"
	DeltaSchemaMismatch            Class = "DELTA_SCHEMA_MISMATCH"
	DeltaSchemaNotSet              Class = "DELTA_SCHEMA_NOT_SET"
	DeltaSetClustering             Class = "DELTA_ALTER_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED"
	DeltaSetLocationSchema         Class = "DELTA_SET_LOCATION_SCHEMA_MISMATCH"
	DeltaShowPartitionColumns      Class = "DELTA_SHOW_PARTITION_IN_NON_PARTITIONED_COLUMN"
	DeltaSourceIgnoreChanges       Class = "DELTA_SOURCE_TABLE_IGNORE_CHANGES"
	DeltaSourceIgnoreDelete        Class = "DELTA_SOURCE_IGNORE_DELETE"
	DeltaSourceOtherTable          Class = "DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE"
	DeltaStreamIncompatible        Class = "DELTA_STREAMING_INCOMPATIBLE_SCHEMA_CHANGE_USE_SCHEMA_LOG"
	DeltaStreamMetadataEvolution   Class = "DELTA_STREAMING_METADATA_EVOLUTION"
	DeltaStreamNoSnapshot          Class = "DELTA_STREAMING_CHECK_COLUMN_MAPPING_NO_SNAPSHOT"
	DeltaStreamOtherSchema         Class = "DELTA_STREAMING_SCHEMA_MISMATCH_ON_RESTART"
	DeltaStreamPostEvolution       Class = "DELTA_STREAMING_CANNOT_CONTINUE_PROCESSING_POST_SCHEMA_EVOLUTION"
	DeltaTableAlreadyExists        Class = "DELTA_TABLE_ALREADY_EXISTS"
	DeltaTableNotFound             Class = "DELTA_TABLE_NOT_FOUND"
	DeltaTimestampAfterLatest      Class = "DELTA_TIMESTAMP_GREATER_THAN_COMMIT"
	DeltaTimestampBeforeFirst      Class = "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"
	DeltaTrackingConflict          Class = "DELTA_STREAMING_SCHEMA_LOCATION_CONFLICT"
	DeltaTrackingIncomplete        Class = "DELTA_STREAMING_SCHEMA_LOG_DESERIALIZE_FAILED"
	DeltaTrackingOtherTable        Class = "DELTA_STREAMING_SCHEMA_LOG_INCOMPATIBLE_DELTA_TABLE_ID"
	DeltaTrackingOutside           Class = "DELTA_STREAMING_SCHEMA_LOCATION_NOT_UNDER_CHECKPOINT"
	DeltaTrackingParse             Class = "DELTA_STREAMING_SCHEMA_LOG_PARSE_SCHEMA_FAILED"
	DeltaTruncatePartition         Class = "DELTA_TRUNCATE_TABLE_PARTITION_NOT_SUPPORTED"
	DeltaUnknownConfiguration      Class = "DELTA_UNKNOWN_CONFIGURATION"
	DeltaUnknownFeature            Class = "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG"
	DeltaUnrecognizedInvariant     Class = "DELTA_UNRECOGNIZED_INVARIANT"
	DeltaUnsupportedGeneration     Class = "DELTA_UNSUPPORTED_EXPRESSION_GENERATED_COLUMN"
	DeltaUnsupportedOutputMode     Class = "DELTA_UNSUPPORTED_OUTPUT_MODE"
	DeltaUnsupportedRead           Class = "DELTA_UNSUPPORTED_FEATURES_FOR_READ"
	DeltaUnsupportedTypeChange     Class = "DELTA_UNSUPPORTED_TYPE_CHANGE_IN_SCHEMA"
	DeltaUnsupportedWrite          Class = "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE"
	DeltaVacuumLite                Class = "DELTA_CANNOT_VACUUM_LITE"
	DeltaVacuumNegative            Class = "DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE"
	DeltaVacuumTooShort            Class = "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT"
	DeltaVectorCardinality         Class = "DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH"
	DeltaVectorChecksum            Class = "DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH"
	DeltaVectorFormat              Class = "DELTA_DELETION_VECTOR_INVALID_FORMAT"
	DeltaVectorRecords             Class = "DELTA_DELETION_VECTOR_MISSING_NUM_RECORDS"
	DeltaVectorRow                 Class = "DELTA_DELETION_VECTOR_INVALID_ROW_INDEX"
	DeltaVectorSize                Class = "DELTA_DELETION_VECTOR_SIZE_MISMATCH"
	DeltaVectorsDisallowed         Class = "DELTA_ADDING_DELETION_VECTORS_DISALLOWED"
	DeltaVectorsWithManifests      Class = "DELTA_VIOLATE_TABLE_PROPERTY_VALIDATION_FAILED.PERSISTENT_DELETION_VECTORS_WITH_INCREMENTAL_MANIFEST_GENERATION"
	DeltaVersionNotFound           Class = "DELTA_VERSION_NOT_FOUND"
	DeltaWriteIntoView             Class = "DELTA_CANNOT_WRITE_INTO_VIEW"
	DeltaZOrderNoColumn            Class = "DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST"
	DeltaZOrderNoStats             Class = "DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS"
	DeltaZOrderPartition           Class = "DELTA_ZORDERING_ON_PARTITION_COLUMN"
	FieldExists                    Class = "FIELD_ALREADY_EXISTS"
	GeneratedWithDefault           Class = "GENERATED_COLUMN_WITH_DEFAULT_VALUE"
	IdentityDuplicateOption        Class = "IDENTITY_COLUMNS_DUPLICATED_SEQUENCE_GENERATOR_OPTION"
	IdentityStep                   Class = "IDENTITY_COLUMNS_ILLEGAL_STEP"
	IdentityWithDefault            Class = "IDENTITY_COLUMN_WITH_DEFAULT_VALUE"
)

// The classes of statements that change rows.
const (
	DeltaAggregationNotSupported Class = "DELTA_AGGREGATION_NOT_SUPPORTED"
	DeltaCastOverflow            Class = "DELTA_CAST_OVERFLOW_IN_TABLE_WRITE"
	DeltaConflictSetColumn       Class = "DELTA_CONFLICT_SET_COLUMN"
	DeltaDuplicateInsertColumns  Class = "DELTA_DUPLICATE_COLUMNS_ON_INSERT"
	DeltaIdentityUpdate          Class = "DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED"
	DeltaMergeMissingWhen        Class = "DELTA_MERGE_MISSING_WHEN"
	DeltaMergeMultipleMatches    Class = "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"
	DeltaMergeUnresolved         Class = "DELTA_MERGE_UNRESOLVED_EXPRESSION"
	DeltaNestedFieldInInsert     Class = "DELTA_UNSUPPORTED_NESTED_FIELD_IN_OPERATION"
	DeltaNestedFields            Class = "DELTA_UNSUPPORTED_NESTED_FIELD_IN_UPDATE"
	DeltaNonDeterministic        Class = "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED"
	DeltaNonLastBySource         Class = "DELTA_NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION"
	DeltaNonLastInsert           Class = "DELTA_NON_LAST_NOT_MATCHED_CLAUSE_OMIT_CONDITION"
	DeltaNonLastMatched          Class = "DELTA_NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION"
	DeltaReplaceOnUnresolved     Class = "DELTA_INSERT_REPLACE_ON_UNRESOLVED_COLUMNS_IN_CONDITION"
	DeltaReplaceWhereDynamic     Class = "DELTA_REPLACE_WHERE_WITH_DYNAMIC_PARTITION_OVERWRITE"
	DeltaReplaceWhereMismatch    Class = "DELTA_REPLACE_WHERE_MISMATCH"
	DeltaUnsupportedSource       Class = "DELTA_UNSUPPORTED_SOURCE"
	DeltaUnsupportedSubquery     Class = "DELTA_UNSUPPORTED_SUBQUERY"
	DeltaUpdateSchemaMismatch    Class = "DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION"
	InvalidNonDeterministic      Class = "INVALID_NON_DETERMINISTIC_EXPRESSIONS"
	MergeNonLastBySource         Class = "NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION"
	MergeNonLastByTarget         Class = "NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION"
	MergeNonLastMatched          Class = "NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION"
	MergeValueCount              Class = "MERGE_INSERT_VALUE_COUNT_MISMATCH"
	MergeWithoutWhen             Class = "MERGE_WITHOUT_WHEN"
	ReplaceUsingMisaligned       Class = "INSERT_REPLACE_USING_DISALLOW_MISALIGNED_COLUMNS"
	ReplaceUsingUnresolved       Class = "UNRESOLVED_INSERT_REPLACE_USING_COLUMN"
	UnsupportedExprForOperator   Class = "UNSUPPORTED_EXPR_FOR_OPERATOR"
)

// The classes of the sources and sinks that are no files: Kafka, rate, socket.
const (
	FixedSchema                 Class = "_LEGACY_ERROR_TEMP_2242"
	IncorrectEndOffset          Class = "INCORRECT_END_OFFSET"
	IncorrectRampUpRate         Class = "INCORRECT_RAMP_UP_RATE"
	KafkaAddedPartition         Class = "KAFKA_DATA_LOSS.ADDED_PARTITION_DOES_NOT_START_FROM_OFFSET_ZERO"
	KafkaEndPastLatest          Class = "END_OFFSET_HAS_GREATER_OFFSET_FOR_TOPIC_PARTITION_THAN_LATEST_WITH_TRIGGER_AVAILABLENOW"
	KafkaEndPastPrefetched      Class = "END_OFFSET_HAS_GREATER_OFFSET_FOR_TOPIC_PARTITION_THAN_PREFETCHED"
	KafkaInitialOffset          Class = "KAFKA_DATA_LOSS.INITIAL_OFFSET_NOT_FOUND_FOR_PARTITIONS"
	KafkaLostPartitions         Class = "LOST_TOPIC_PARTITIONS_IN_END_OFFSET_WITH_TRIGGER_AVAILABLENOW"
	KafkaMismatchedLimits       Class = "MISMATCHED_TOPIC_PARTITIONS_BETWEEN_START_OFFSET_AND_END_OFFSET"
	KafkaMismatchedPrefetched   Class = "MISMATCHED_TOPIC_PARTITIONS_BETWEEN_END_OFFSET_AND_PREFETCHED"
	KafkaNullTopic              Class = "KAFKA_NULL_TOPIC_IN_DATA"
	KafkaOffsetChanged          Class = "KAFKA_DATA_LOSS.PARTITION_OFFSET_CHANGED"
	KafkaOffsetRange            Class = "KAFKA_DATA_LOSS.COULD_NOT_READ_OFFSET_RANGE"
	KafkaPartitionsDeleted      Class = "KAFKA_DATA_LOSS.PARTITIONS_DELETED"
	KafkaPartitionsDeletedGroup Class = "KAFKA_DATA_LOSS.PARTITIONS_DELETED_AND_GROUP_ID_CONFIG_PRESENT"
	KafkaRecordTimestamp        Class = "KAFKA_MALFORMED_RECORD_TIMESTAMP"
	KafkaResolvedStartAfterEnd  Class = "RESOLVED_START_OFFSET_GREATER_THAN_END_OFFSET"
	KafkaSaveMode               Class = "_LEGACY_ERROR_TEMP_3081"
	KafkaSinkSchema             Class = "_LEGACY_ERROR_TEMP_3080"
	KafkaStartAfterEnd          Class = "UNRESOLVED_START_OFFSET_GREATER_THAN_END_OFFSET"
	KafkaStartNotAssigned       Class = "KAFKA_START_OFFSET_DOES_NOT_MATCH_ASSIGNED"
	KafkaTimestampNotAssigned   Class = "KAFKA_TIMESTAMP_OFFSET_DOES_NOT_MATCH_ASSIGNED"
	RateBatchOffset             Class = "MALFORMED_STATE_IN_RATE_PER_MICRO_BATCH_SOURCE.INVALID_OFFSET"
	RateBatchTimestamp          Class = "MALFORMED_STATE_IN_RATE_PER_MICRO_BATCH_SOURCE.INVALID_TIMESTAMP"
	SocketHost                  Class = "_LEGACY_ERROR_TEMP_1295"
	SocketPort                  Class = "_LEGACY_ERROR_TEMP_1296"
	SocketTimestamp             Class = "_LEGACY_ERROR_TEMP_1297"
)

// sqlStates holds what upstream gives; a class of our own has none.
var sqlStates = map[Class]string{
	ProcessorDuplicateVariable:     "42802",
	ProcessorHandleState:           "42802",
	ProcessorTTL:                   "42802",
	ProcessorTTLMode:               "42802",
	ProcessorTimeMode:              "42802",
	ProcessorUnknownTimeMode:       "42802",
	ProcessorUserError:             "39000",
	StateInvalidConfig:             "42K06",
	DeltaInvalidOffset:             "42000",
	DeltaInvalidOffsetVersion:      "XXKDS",
	DeltaMissingChangeData:         "KD002",
	DeltaOverwriteSchemaDynamic:    "42613",
	DeltaRegexSyntax:               "2201B",
	DeltaReservedColumn:            "42939",
	DuplicatedMetricsName:          "42710",
	ObservedMetricsAttribute:       "42K0E",
	ObservedMetricsDistinct:        "42K0E",
	ObservedMetricsName:            "42K0E",
	StateKeyFormat:                 "XX000",
	StateValueFormat:               "XX000",
	StateVariableType:              "42K06",
	UnknownFieldsInFile:            "KD003",
	AllPartitionColumns:            "KD005",
	AmbiguousLateralAlias:          "42702",
	AmbiguousReference:             "42704",
	ArithmeticOverflow:             "22003",
	BinaryArithmeticOverflow:       "22003",
	CallOnStreaming:                "42KDE",
	CannotDecodeURL:                "22546",
	CannotMergeSchemas:             "42KD9",
	CannotParseInterval:            "22006",
	CannotParseTimestamp:           "22007",
	CannotResolveStar:              "42704",
	CastInvalidInput:               "22018",
	CastOverflow:                   "22003",
	CheckpointInUse:                "0A000",
	CollectionTooLarge:             "54000",
	ColumnAlreadyExists:            "42711",
	ComparatorReturnsNull:          "22004",
	ConcurrentStreamLogUpdate:      "40000",
	ConfNotFound:                   "42K0I",
	ConversionInvalid:              "22018",
	DataSourceNotFound:             "42K02",
	DatatypeMismatch:               "42K09",
	DatatypeMismatchArrayElement:   "42K09",
	DatatypeMismatchBinary:         "42K09",
	DatatypeMismatchBinaryType:     "42K09",
	DatatypeMismatchCast:           "42K09",
	DatatypeMismatchCastANSI:       "42K09",
	DatatypeMismatchCastFunction:   "42K09",
	DatatypeMismatchConstraint:     "42K09",
	DatatypeMismatchDataDiff:       "42K09",
	DatatypeMismatchFilter:         "42K09",
	DatatypeMismatchInput:          "42K09",
	DatatypeMismatchMapKeys:        "42K09",
	DatatypeMismatchNonFoldable:    "42K09",
	DatatypeMismatchOrdering:       "42K09",
	DatatypeMismatchRange:          "42K09",
	DatatypeMismatchSequence:       "42K09",
	DatatypeMissingSize:            "42K01",
	DateTimeFieldOutOfBounds:       "22023",
	DateTimeOverflow:               "22008",
	DecimalPrecision:               "22003",
	DeltaDomainUnsupported:         "0A000",
	DeltaDuplicateDomain:           "42601",
	DeltaFeatureDrop:               "0AKDC",
	DeltaInvalidProtocolDowngrade:  "KD004",
	DeltaUnknownFeature:            "56038",
	DeltaRowIDWithoutStats:         "22000",
	DeltaRowTrackingProperties:     "55000",
	DeltaDropConstraints:           "0AKDE",
	DeltaFeatureDropDependent:      "55000",
	DeltaFeatureDropHistory:        "22KD0",
	DeltaFeatureDropIsProperty:     "42000",
	DeltaFeatureDropNonremovable:   "0AKDC",
	DeltaFeatureDropNotPresent:     "55000",
	DeltaFeatureDropNoTruncation:   "42000",
	DeltaFeatureDropProtection:     "55000",
	DeltaFeatureDropProtectionWait: "22KD0",
	DeltaFeatureDropWait:           "22KD0",
	DeltaIcebergCompat:             "KD00E",
	DeltaAppendOnly:                "42809",
	DeltaColumnMappingMode:         "0AKDC",
	DeltaUnsupportedTypeChange:     "0AKDC",
	DeltaConcurrentAppend:          "2D521",
	DeltaConcurrentDeleteDelete:    "2D521",
	DeltaConcurrentDeleteRead:      "2D521",
	DeltaConcurrentTransaction:     "2D521",
	DeltaConcurrentWrite:           "2D521",
	DeltaDataChangeFalse:           "0AKDE",
	DeltaDuplicateActions:          "2D521",
	DeltaDuplicateColumns:          "42711",
	DeltaFileNotFound:              "42K03",
	DeltaIdempotentOptions:         "42616",
	DeltaInsertArity:               "42802",
	DeltaInvalidChangeRange:        "22003",
	DeltaInvalidColumnName:         "42K05",
	DeltaInvalidPartitionColumn:    "42996",
	DeltaInvalidProtocol:           "KD004",
	DeltaLogGoneForStream:          "42K03",
	DeltaLocationMismatch:          "42613",
	DeltaLocationNotEmpty:          "42601",
	DeltaMetadataChanged:           "2D521",
	DeltaNotNullViolated:           "23502",
	DeltaOtherPartitioning:         "42KD7",
	DeltaOtherProperties:           "42KD7",
	DeltaProtocolChanged:           "2D521",
	DeltaSchemaChangedInStream:     "KD007",
	DeltaSchemaNotSet:              "KD008",
	DeltaSourceIgnoreChanges:       "0A000",
	DeltaSourceIgnoreDelete:        "0A000",
	DeltaSourceOtherTable:          "55019",
	DeltaStreamIncompatible:        "42KD4",
	DeltaStreamMetadataEvolution:   "22000",
	DeltaStreamNoSnapshot:          "KD002",
	DeltaStreamOtherSchema:         "KD007",
	DeltaStreamPostEvolution:       "KD002",
	DeltaTrackingConflict:          "22000",
	DeltaTrackingIncomplete:        "22000",
	DeltaTrackingOtherTable:        "22000",
	DeltaTrackingOutside:           "22000",
	DeltaTrackingParse:             "22000",
	DeltaTableAlreadyExists:        "42P07",
	DeltaTableNotFound:             "42P01",
	DeltaUnknownConfiguration:      "F0000",
	DeltaUnsupportedOutputMode:     "0AKDC",
	DeltaUnsupportedRead:           "56038",
	DeltaUnsupportedWrite:          "56038",
	DeltaWriteIntoView:             "0A000",
	DivideByZero:                   "22012",
	DuplicateArgument:              "4274K",
	DuplicateArgumentBoth:          "4274K",
	DuplicateKey:                   "23505",
	DuplicatedCTE:                  "42602",
	DuplicatedMapKey:               "23505",
	EventTimeType:                  "42K09",
	FailedReadFile:                 "KD001",
	FieldNotFound:                  "42704",
	FilterAggregate:                "42903",
	ForeachBatchFailed:             "39000",
	ForeachFailed:                  "39000",
	GroupByAggregate:               "42903",
	GroupByPosition:                "42805",
	GroupByPositionAggregate:       "42903",
	HashMapType:                    "42K09",
	IllegalDayOfWeek:               "22009",
	IncompatibleColumnType:         "42825",
	InternalError:                  "XX000",
	IntervalDividedByZero:          "22012",
	IntervalOverflow:               "22015",
	InvalidArrayIndex:              "22003",
	InvalidArrayIndexInElementAt:   "22003",
	InvalidCharset:                 "22023",
	InvalidDatetimePattern:         "22007",
	InvalidEscapeChar:              "42604",
	InvalidEscapeEnd:               "42601",
	InvalidEscapeMiddle:            "42601",
	InvalidExtractBase:             "42000",
	InvalidExtractField:            "42601",
	InvalidExtractFieldType:        "42000",
	InvalidIndexOfZero:             "22003",
	InvalidInlineTable:             "42000",
	InvalidLambda:                  "42K0D",
	InvalidLimitColumn:             "42K0E",
	InvalidLimitNegative:           "42K0E",
	InvalidLimitType:               "42K0E",
	InvalidLogVersion:              "KD002",
	InvalidName:                    "42602",
	InvalidNumberFormat:            "42601",
	InvalidNumberInput:             "42601",
	InvalidNumericLiteral:          "22003",
	InvalidOptions:                 "42K06",
	InvalidParameterValue:          "22023",
	InvalidRegex:                   "22023",
	InvalidRegexGroup:              "22023",
	InvalidSchema:                  "42K07",
	InvalidSequence:                "22023",
	InvalidSetSyntax:               "42000",
	InvalidSliceLength:             "22023",
	InvalidSliceStart:              "22023",
	InvalidStarUsage:               "42000",
	InvalidSubquery:                "42823",
	InvalidSyntax:                  "42000",
	InvalidTempReference:           "42K0F",
	InvalidTimezone:                "22009",
	InvalidTypedLiteral:            "42604",
	InvalidURL:                     "22P02",
	InvalidUTF8:                    "22029",
	InvalidWhere:                   "42903",
	JoinNotBoolean:                 "42K0E",
	LambdaArguments:                "42K0D",
	MalformedCharacter:             "22000",
	MalformedLogFile:               "KD002",
	MalformedRecord:                "22023",
	MapSizes:                       "22023",
	MissingAggregation:             "42803",
	MissingGroupBy:                 "42803",
	MissingWindowSpecification:     "42P20",
	NestedAggregate:                "42607",
	NestedGenerator:                "42K0E",
	NonPartitionColumn:             "42000",
	NonTimeWindow:                  "42KDE",
	NullMapKey:                     "2200E",
	NumColumnsMismatch:             "42826",
	NumericValueOutOfRange:         "22003",
	OrderByPosition:                "42805",
	OutputModeDataSource:           "42KDE",
	OutputModeInvalid:              "42KDE",
	OutputModeOperation:            "42KDE",
	ParseSyntaxError:               "42601",
	PathAlreadyExists:              "42K04",
	PathNotFound:                   "42K03",
	RecursiveView:                  "42K0H",
	RemainderByZero:                "22012",
	RequiredParameter:              "4274K",
	ScalarSubqueryTooManyRows:      "21000",
	SchemaAlreadyExists:            "42P06",
	SchemaNotEmpty:                 "2BP01",
	SchemaNotFound:                 "42704",
	SingleNamespace:                "42K05",
	StateBatchUnavailable:          "KD006",
	StateConflictOptions:           "42613",
	StateDeltaMissing:              "58030",
	StateInvalidOption:             "42616",
	StateKeySchema:                 "XXKST",
	StateNoPartition:               "KD006",
	StateOffsetsUnavailable:        "KD006",
	StateOperatorMismatch:          "42K03",
	StateOperatorUnknown:           "42K03",
	StateOptionEmpty:               "42616",
	StateOptionMissing:             "42601",
	StateOptionNegative:            "42616",
	StateSchemaUnreadable:          "42K03",
	StateUnreadable:                "58030",
	StateValueSchema:               "XXKST",
	StreamFailed:                   "XXKST",
	StreamMissingMetadata:          "42K03",
	TableAlreadyExists:             "42P07",
	TableNotFound:                  "42P01",
	TempViewAlreadyExists:          "42P07",
	TempViewName:                   "428EK",
	UDTFAliases:                    "42802",
	UnclosedComment:                "42601",
	UnexpectedPositional:           "4274K",
	UnresolvableTableFunction:      "42883",
	UnresolvedColumn:               "42703",
	UnresolvedColumnBare:           "42703",
	UnresolvedRoutine:              "42883",
	UnresolvedUsing:                "42703",
	UnsupportedDataSourceType:      "0A000",
	UnsupportedDatatype:            "0A000",
	UnsupportedFeature:             "0A000",
	UnsupportedGenerator:           "42K0E",
	UnsupportedGrouping:            "42K0E",
	UnsupportedOnlyCorruptRecord:   "0A000",
	UnsupportedSubquery:            "0A000",
	UnsupportedTimeType:            "0A000",
	UnsupportedTypedLiteral:        "0A000",
	UserRaised:                     "P0001",
	ViewArityLess:                  "21S01",
	ViewArityMore:                  "21S01",
	ViewExpected:                   "42809",
	ViewTooDeep:                    "54K00",
	WatermarkAliases:               "42000",
	WatermarkName:                  "42000",
	WindowRequired:                 "42601",
	WriteStreamNotAllowed:          "42601",
	WrongCommand:                   "42809",
	WrongNumArgs:                   "42605",
	KafkaAddedPartition:            "22000",
	KafkaInitialOffset:             "22000",
	KafkaOffsetChanged:             "22000",
	KafkaOffsetRange:               "22000",
	KafkaPartitionsDeleted:         "22000",
	KafkaPartitionsDeletedGroup:    "22000",
	KafkaRecordTimestamp:           "22008",
	XMLRowTagMissing:               "42KDF",
	DatatypeMismatchUnsupported:    "42K09",
	ExpressionUnorderable:          "42822",
	GroupByUnorderable:             "42822",
	HashVariantType:                "42K09",
	InvalidMapKey:                  "42K09",
	InvalidPartitionType:           "0A000",
	InvalidSingleVariant:           "42613",
	InvalidVariantCast:             "22023",
	InvalidVariantFile:             "22023",
	InvalidVariantPath:             "22023",
	InvalidVariantShredding:        "22023",
	MalformedVariant:               "22023",
	PartitionByVariant:             "0A000",
	SetOperationOnVariant:          "0A000",
	UnknownPrimitiveInVariant:      "22023",
	VariantDuplicateKey:            "22023",
	VariantSizeLimit:               "22023",
	DeltaAggregationNotSupported:   "42903",
	DeltaCastOverflow:              "22003",
	DeltaConflictSetColumn:         "42701",
	DeltaDuplicateInsertColumns:    "42701",
	DeltaIdentityUpdate:            "42808",
	DeltaMergeMissingWhen:          "42601",
	DeltaMergeMultipleMatches:      "21506",
	DeltaMergeUnresolved:           "42601",
	DeltaNestedFieldInInsert:       "0AKDC",
	DeltaNestedFields:              "0A000",
	DeltaNonDeterministic:          "0AKDC",
	DeltaNonLastBySource:           "42601",
	DeltaNonLastInsert:             "42601",
	DeltaNonLastMatched:            "42601",
	DeltaReplaceOnUnresolved:       "42703",
	DeltaReplaceWhereDynamic:       "42613",
	DeltaReplaceWhereMismatch:      "44000",
	DeltaUnsupportedSource:         "0AKDD",
	DeltaUnsupportedSubquery:       "0AKDC",
	DeltaUpdateSchemaMismatch:      "42846",
	InvalidNonDeterministic:        "42K0E",
	MergeNonLastBySource:           "42613",
	MergeNonLastByTarget:           "42613",
	MergeNonLastMatched:            "42613",
	MergeValueCount:                "21S01",
	MergeWithoutWhen:               "42601",
	ReplaceUsingMisaligned:         "0A000",
	ReplaceUsingUnresolved:         "42703",
	UnsupportedExprForOperator:     "42K0E",
	DeltaConstraintViolated:        "23001",
	DeltaExceedsLength:             "22001",
	DeltaGeneratedType:             "42621",
	DeltaGeneratedTypeMismatch:     "42K09",
	DeltaIdentityExplicit:          "42808",
	DeltaIdentityInconsistent:      "42000",
	DeltaIdentityStep:              "42611",
	DeltaIdentityType:              "428H2",
	DeltaNonBooleanCheck:           "42621",
	DeltaUnrecognizedInvariant:     "56038",
	DeltaUnsupportedGeneration:     "42621",
	UnsupportedGeneration:          "42621",
	DeltaCloneNonEmpty:             "0AKDC",
	DeltaCloneSameTable:            "0AKDC",
	DeltaClusteringPredicate:       "0A000",
	DeltaClusteringZOrder:          "42613",
	DeltaConvertNonParquet:         "0AKDC",
	DeltaConvertPartitionColumn:    "KD009",
	DeltaConvertPartitionCount:     "KD009",
	DeltaDeepClone:                 "0A000",
	DeltaInventorySchema:           "42000",
	DeltaManifestMapping:           "0AKDC",
	DeltaManifestVectors:           "0A000",
	DeltaVectorsWithManifests:      "0A000",
	DeltaOptimizeFull:              "42601",
	DeltaRestoreTimestampAfter:     "22003",
	DeltaRestoreTimestampBefore:    "22003",
	DeltaRestoreVersion:            "22003",
	DeltaVacuumLite:                "55000",
	DeltaVacuumNegative:            "22003",
	DeltaVacuumTooShort:            "22003",
	DeltaZOrderNoColumn:            "42703",
	DeltaZOrderNoStats:             "KD00D",
	DeltaZOrderPartition:           "42P10",
	DeltaPartitionPredicate:        "42P10",
	GeneratedWithDefault:           "42623",
	IdentityDuplicateOption:        "42601",
	IdentityStep:                   "42611",
	IdentityWithDefault:            "42623",
	ChangeColumnUnsupported:        "0A000",
	DefaultDataType:                "42623",
	DefaultNotConstant:             "42623",
	DefaultPlacement:               "42608",
	DefaultUnresolved:              "42623",
	DeltaAddConstraints:            "0A000",
	DeltaCannotModify:              "42939",
	DeltaChangeColumn:              "0AKDC",
	DeltaCheckRandom:               "42621",
	DeltaClusterAndPartition:       "42613",
	DeltaClusterColumns:            "54000",
	DeltaClusterPartitioned:        "42000",
	DeltaClusterStats:              "22000",
	DeltaClusterType:               "0A000",
	DeltaColumnNotInSchema:         "42703",
	DeltaConstraintDepends:         "42K09",
	DeltaConstraintExists:          "42710",
	DeltaConstraintMissing:         "42704",
	DeltaConstraintName:            "42939",
	DeltaDefaultOfNewColumn:        "0AKDC",
	DeltaDefaultsNotEnabled:        "0AKDE",
	DeltaDropClustering:            "0AKDC",
	DeltaDropOnly:                  "0AKDC",
	DeltaDropPartition:             "0AKDC",
	DeltaDropUnsupported:           "0AKDC",
	DeltaFeatureStatus:             "0AKDE",
	DeltaGeneratedDepends:          "42K09",
	DeltaIdentityAlter:             "429BQ",
	DeltaIdentityPartition:         "42601",
	DeltaIdentityReplace:           "429BQ",
	DeltaIdentitySync:              "429BQ",
	DeltaMissingTable:              "42P01",
	DeltaNestedNotNull:             "0AKDC",
	DeltaNewCheckViolated:          "23512",
	DeltaNewNotNullViolated:        "23512",
	DeltaNotAllowed:                "0AKDC",
	DeltaNotPartitioned:            "42809",
	DeltaNullRange:                 "22004",
	DeltaParentNotStruct:           "42KD3",
	DeltaRenameUnsupported:         "0AKDC",
	DeltaReplaceColumns:            "0AKDC",
	DeltaSetClustering:             "42000",
	DeltaSetLocationSchema:         "42KD7",
	DeltaShowPartitionColumns:      "42P10",
	DeltaTruncatePartition:         "0AKDC",
	FieldExists:                    "42710",
}
