package state

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// operatorMetadata is state/<op>/_metadata/metadata, in the order of Spark's fields.
type operatorMetadata struct {
	OperatorInfo struct {
		OperatorID   int    `json:"operatorId"`
		OperatorName string `json:"operatorName"`
	} `json:"operatorInfo"`
	StateStoreInfo []storeInfo `json:"stateStoreInfo"`
}

type storeInfo struct {
	StoreName        string `json:"storeName"`
	NumColsPrefixKey int    `json:"numColsPrefixKey"`
	NumPartitions    int    `json:"numPartitions"`
}

const (
	metadataVersion  = "v1"
	maxMetadataBytes = 16 << 20
	maxPartitions    = 1 << 20
)

// settleMetadata reads the operator's metadata, or writes them if this is its first batch. It gives the
// number of partitions, which never changes.
func settleMetadata(ctx context.Context, spec Spec, opts OpenOptions, dir string) (partitions int, err error) {
	name := path.Join(dir, "_metadata", "metadata")
	data, err := volumes.ReadFileMax(ctx, opts.Store, name, maxMetadataBytes)
	if err == nil {
		return checkMetadata(name, data, spec)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read state metadata: %w", err)
	}
	var m operatorMetadata
	m.OperatorInfo.OperatorID, m.OperatorInfo.OperatorName = spec.Operator, spec.Name
	for _, s := range spec.stores() {
		m.StateStoreInfo = append(m.StateStoreInfo, storeInfo{s.name(), s.PrefixColumns, opts.Partitions})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return 0, fmt.Errorf("write state metadata: %w", err)
	}
	return opts.Partitions, putOnce(ctx, opts.Store, name, append([]byte(metadataVersion+"\n"), text...))
}

// putOnce writes a file that is the same whoever writes it.
func putOnce(ctx context.Context, store volumes.Store, name string, data []byte) error {
	err := store.PutIfAbsent(ctx, name, data)
	if err == nil {
		return nil
	}
	if found, readErr := volumes.ReadFileMax(ctx, store, name, maxMetadataBytes); readErr == nil && bytes.Equal(found, data) {
		return nil
	}
	return fmt.Errorf("write state metadata: %w", err)
}

var operatorMetadatas = exactjson.For[operatorMetadata]()

func checkMetadata(name string, data []byte, spec Spec) (partitions int, err error) {
	version, text, _ := strings.Cut(string(data), "\n")
	var m operatorMetadata
	if version != metadataVersion || operatorMetadatas.Unmarshal([]byte(text), &m) != nil || len(m.StateStoreInfo) == 0 {
		return 0, errclass.MalformedLogFile.New("Log file was malformed: %s holds no state metadata of version v1.", name)
	}
	if m.OperatorInfo.OperatorName != spec.Name {
		return 0, operatorMismatch(m.OperatorInfo.OperatorID, m.OperatorInfo.OperatorName, spec)
	}
	n := m.StateStoreInfo[0].NumPartitions
	for i, s := range spec.stores() {
		if i >= len(m.StateStoreInfo) || m.StateStoreInfo[i].StoreName != s.name() || m.StateStoreInfo[i].NumPartitions != n {
			return 0, errclass.UnsupportedFeature.New("the state of operator %d (%s) in %s has other stores than this version makes.",
				spec.Operator, spec.Name, name).
				WithHint("Start the query with a new checkpoint, or go on with it in Spark.")
		}
	}
	if n < 1 || n > maxPartitions {
		return 0, errclass.MalformedLogFile.New("Log file was malformed: %s speaks of %d partitions.", name, n)
	}
	return n, nil
}

// settleSchema compares a store's schemas with those that its state was made with, or writes
// them if this is its first batch.
func settleSchema(ctx context.Context, spec StoreSpec, store volumes.Store, dir string) error {
	name := path.Join(storeDir(dir, 0, spec), "_metadata", "schema")
	data, err := volumes.ReadFileMax(ctx, store, name, maxMetadataBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return putOnce(ctx, store, name, encodeSchemas(spec.Key, spec.Value))
	}
	if err != nil {
		return fmt.Errorf("read state schema: %w", err)
	}
	key, value, err := decodeSchemas(data)
	if err != nil {
		return fmt.Errorf("read state schema %s: %w", name, err)
	}
	if !compatible(spec.Key, key) {
		return errclass.StateKeySchema.New("%s", schemaMismatch("key", key, spec.Key))
	}
	if !compatible(spec.known(), value) {
		return errclass.StateValueSchema.New("%s", schemaMismatch("value", value, spec.Value))
	}
	return nil
}

// known is the schema of values with all that is known of their nulls.
func (s StoreSpec) known() types.Struct {
	fields := slices.Clone(s.Value.Fields)
	for i := range min(len(fields), len(s.NotNull)) {
		fields[i].Nullable = fields[i].Nullable && !s.NotNull[i]
	}
	return types.Struct{Fields: fields}
}

func schemaMismatch(kind string, existing, asked types.Struct) string {
	return fmt.Sprintf("Provided %[1]s schema does not match existing state %[1]s schema.\n"+
		"Please check number and type of fields.\n"+
		"Existing %[1]s_schema=%[2]s and new %[1]s_schema=%[3]s.\n"+
		"If you want to force running the query without schema validation, please set spark.sql.streaming.stateStore.stateSchemaCheck to false.\n"+
		"However, please note that running the query with incompatible schema could cause non-deterministic behavior.",
		kind, className(existing), className(asked))
}

// compatible: names do not matter, and what holds nulls now may have held none before.
func compatible(from, to types.Type) bool {
	switch from := from.(type) {
	case types.Array:
		to, ok := to.(types.Array)
		return ok && (to.ContainsNull || !from.ContainsNull) && compatible(from.Element, to.Element)
	case types.Map:
		to, ok := to.(types.Map)
		return ok && (to.ValueContainsNull || !from.ValueContainsNull) && compatible(from.Key, to.Key) && compatible(from.Value, to.Value)
	case types.Struct:
		to, ok := to.(types.Struct)
		if !ok || len(from.Fields) != len(to.Fields) {
			return false
		}
		for i, f := range from.Fields {
			if f.Nullable && !to.Fields[i].Nullable || !compatible(f.Type, to.Fields[i].Type) {
				return false
			}
		}
		return true
	}
	return from == to
}

// className is a type as Scala prints it, which is what Spark's message shows.
func className(t types.Type) string {
	switch t := t.(type) {
	case types.Primitive:
		return primitiveClass[t]
	case types.Decimal:
		return fmt.Sprintf("DecimalType(%d,%d)", t.Precision, t.Scale)
	case types.Interval:
		if t.YearMonth() {
			return fmt.Sprintf("YearMonthIntervalType(%d,%d)", t.From-types.Year, t.To-types.Year)
		}
		return fmt.Sprintf("DayTimeIntervalType(%d,%d)", t.From-types.Day, t.To-types.Day)
	case types.Array:
		return fmt.Sprintf("ArrayType(%s,%t)", className(t.Element), t.ContainsNull)
	case types.Map:
		return fmt.Sprintf("MapType(%s,%s,%t)", className(t.Key), className(t.Value), t.ValueContainsNull)
	case types.Struct:
		fields := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = fmt.Sprintf("StructField(%s,%s,%t)", f.Name, className(f.Type), f.Nullable)
		}
		return "StructType(" + strings.Join(fields, ",") + ")"
	}
	return t.String()
}

var primitiveClass = [...]string{
	types.Null: "NullType", types.Boolean: "BooleanType", types.Byte: "ByteType", types.Short: "ShortType",
	types.Integer: "IntegerType", types.Long: "LongType", types.Float: "FloatType", types.Double: "DoubleType",
	types.String: "StringType", types.Binary: "BinaryType", types.Date: "DateType", types.Timestamp: "TimestampType",
	types.TimestampNTZ: "TimestampNTZType", types.CalendarInterval: "CalendarIntervalType",
	types.Variant: "VariantType",
}

// The schema file is a version ("v2"), the key schema and the value schema, each as the number of its
// chunks and the chunks; a text is its length (2 bytes) and UTF-8, as Java's writeUTF has it.
const (
	schemaVersion  = "v2"
	maxChunkBytes  = 1<<16 - 1
	maxSchemaParts = maxMetadataBytes / maxChunkBytes
)

func encodeSchemas(key, value types.Struct) []byte {
	out := appendUTF(nil, schemaVersion)
	for _, s := range []types.Struct{key, value} {
		chunks := chunked(string(types.ToJSON(s)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunks)))
		for _, chunk := range chunks {
			out = appendUTF(out, chunk)
		}
	}
	return out
}

func appendUTF(out []byte, text string) []byte {
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)))
	return append(out, text...)
}

// chunked cuts a text between letters into what one writeUTF can take.
func chunked(text string) (chunks []string) {
	for len(text) > maxChunkBytes {
		end := maxChunkBytes
		for !utf8.RuneStart(text[end]) {
			end--
		}
		chunks, text = append(chunks, text[:end]), text[end:]
	}
	return append(chunks, text)
}

var errSchemaFile = errors.New("it is cut short, or no state schema")

func decodeSchemas(data []byte) (key, value types.Struct, err error) {
	r := schemaReader{data: data}
	version := r.utf()
	var texts [2]string
	for i := range texts {
		chunks := uint32(1)
		if version != "v1" { // which had one chunk, uncounted
			chunks = r.count()
		}
		for range chunks {
			texts[i] += r.utf()
		}
	}
	if r.failed {
		return key, value, errSchemaFile
	}
	if version != "v1" && version != schemaVersion {
		return key, value, errclass.InvalidLogVersion.New(
			"UnsupportedLogVersion. The maximum supported log version is v2, but encountered %q. "+
				"The log file was produced by a newer version of Spark and cannot be read by this version. You need to upgrade.", version)
	}
	if key, err = types.FromJSON([]byte(texts[0])); err != nil {
		return key, value, fmt.Errorf("key schema: %w", err)
	}
	if value, err = types.FromJSON([]byte(texts[1])); err != nil {
		return key, value, fmt.Errorf("value schema: %w", err)
	}
	return key, value, nil
}

type schemaReader struct {
	data   []byte
	failed bool
}

func (r *schemaReader) take(n int) []byte {
	if r.failed || len(r.data) < n {
		r.failed = true
		return make([]byte, min(n, 4))
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *schemaReader) count() uint32 {
	n := binary.BigEndian.Uint32(r.take(4))
	if n > maxSchemaParts {
		r.failed = true
		return 0
	}
	return n
}

func (r *schemaReader) utf() string {
	n := int(binary.BigEndian.Uint16(r.take(2)))
	if text := r.take(n); !r.failed {
		return string(text)
	}
	return ""
}
