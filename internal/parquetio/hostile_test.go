package parquetio

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/types"
)

// readHostile reads whatever there is, up to a number of rows, and gives the first error.
func readHostile(t testing.TB, data []byte) error {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	schema, err := f.Schema()
	if err != nil {
		return err
	}
	pieces, err := f.Pieces(ReadOptions{Schema: schema, BatchRows: 1000})
	if err != nil {
		return err
	}
	const enough = 20_000 // a page of ten bytes may honestly hold billions of nulls
	rows := int64(0)
	for _, p := range pieces {
		for b, err := range p.Read(t.Context()) {
			if err != nil {
				return err
			}
			if rows += b.NumRows(); rows > enough {
				return nil
			}
			for i, column := range b.Columns() {
				if err := array.ValidateFull(column); err != nil {
					t.Fatalf("column %s is malformed: %v", b.ColumnName(i), err)
				}
			}
		}
	}
	return nil
}

// hostileSeed is a small file with every shape of column.
func hostileSeed(t testing.TB, codec string) []byte {
	schema := foreignSchema()
	data, _ := writeAll(t, schema, WriterOptions{Compression: codec, RowGroupRows: 8, PageBytes: 100},
		randomBatch(schema, 12, &rapidSource{state: 3, spread: 50}))
	return data
}

// Whatever byte is changed, it gives an error or rows, and no panic: the reader's own check for panics
// says "internal error", which must not happen either.
func TestChangedBytes(t *testing.T) {
	data := hostileSeed(t, "none")
	failed := 0
	tried := 0
	for at := 0; at < len(data); at += 2 {
		tried++
		mask := []byte{0x01, 0x80, 0xff}[at%3]
		data[at] ^= mask
		err := readHostile(t, data)
		data[at] ^= mask
		if err != nil {
			failed++
			if strings.Contains(err.Error(), "internal error") {
				t.Fatalf("byte %d ^ %#x: %v", at, mask, err)
			}
		}
	}
	if failed < tried/4 {
		t.Errorf("only %d of %d changes were noticed", failed, tried)
	}
}

// A file cut anywhere is an error.
func TestCutFiles(t *testing.T) {
	data := hostileSeed(t, "snappy")
	for n := range len(data) {
		if err := readHostile(t, data[:n]); err == nil {
			t.Fatalf("%d of %d bytes were read without an error", n, len(data))
		}
	}
}

// A data page that was changed does not pass its checksum.
func TestChecksumsAreChecked(t *testing.T) {
	schema := columns("s", types.String)
	data, _ := writeAll(t, schema, WriterOptions{Compression: "none"}, batchOf(t, schema, `{"s":"hello world"}`))
	at := bytes.Index(data, []byte("hello"))
	data[at] = 'j'
	if err := readHostile(t, data); err == nil || !strings.Contains(err.Error(), "row group 0: column s: data page") && !strings.Contains(err.Error(), "checksum") {
		t.Fatal(err)
	}
}

// hostileFile has one required INT64 column whose single page is given, and a footer that claims so many rows.
func hostileFile(t *testing.T, header format.PageHeader, body []byte, rows int64) []byte {
	t.Helper()
	data := []byte(magic)
	header.CompressedPageSize = int32(len(body))
	data, err := appendThrift(data, &header)
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, body...)
	footer, err := appendThrift(nil, &format.FileMetaData{
		Version: 1, NumRows: rows,
		Schema: []format.SchemaElement{
			{Name: "root", NumChildren: thrift.New(int32(1))},
			{Name: "n", Type: thrift.New(format.Int64), RepetitionType: thrift.New(format.Required)},
		},
		RowGroups: []format.RowGroup{{NumRows: rows, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: format.Int64, Codec: format.Snappy, NumValues: rows, DataPageOffset: 4, TotalCompressedSize: int64(len(data) - 4),
		}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, footer...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(footer)))
	return append(data, magic...)
}

// Sizes and counts that are lies cost an error, not memory.
func TestLiesCostNoMemory(t *testing.T) {
	dataPage := func(values int32, encoding format.Encoding) thrift.Null[format.DataPageHeader] {
		return thrift.New(format.DataPageHeader{NumValues: values, Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})
	}
	snappyClaim := binary.AppendUvarint(nil, 1<<31-1)
	listBomb := append([]byte(magic), 0x29, 0xfc, 0xff, 0xff, 0xff, 0x07) // field 2: a list of 2^31 structs
	tests := map[string][]byte{
		"page of 2 GB": hostileFile(t, format.PageHeader{
			UncompressedPageSize: math.MaxInt32, DataPageHeader: dataPage(1, format.Plain),
		}, snappyClaim, 1),
		"page of 200 MB in ten bytes": hostileFile(t, format.PageHeader{
			UncompressedPageSize: 200 << 20, DataPageHeader: dataPage(1, format.Plain),
		}, binary.AppendUvarint(nil, 200<<20), 1),
		"values that are not there": hostileFile(t, format.PageHeader{DataPageHeader: dataPage(1<<30, format.Plain)}, nil, 1<<30),
		"dictionary of a billion": hostileFile(t, format.PageHeader{
			Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 1 << 30}),
		}, nil, 1),
		"dictionary that is missing": hostileFile(t, format.PageHeader{DataPageHeader: dataPage(1, format.RLEDictionary)}, nil, 1),
		"more values than the chunk": hostileFile(t, format.PageHeader{DataPageHeader: dataPage(5, format.Plain)}, nil, 1),
		"list of 2^31 in the footer": append(binary.LittleEndian.AppendUint32(listBomb, uint32(len(listBomb)-4)), magic...),
		"footer beyond the file":     append(binary.LittleEndian.AppendUint32([]byte(magic), 1<<31), magic...),
		"no parquet":                 []byte(strings.Repeat("hello", 100)),
		"empty":                      nil,
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := readHostile(t, data)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("no error")
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 20<<20 {
				t.Errorf("%d MB were allocated for %d bytes", used>>20, len(data))
			}
		})
	}
}

// A run of a few bytes may stand for very many rows: they come batch by batch.
func TestLongRunsAreReadInBatches(t *testing.T) {
	schema := columns("n", types.Long)
	const rows = 1 << 30
	data := hostileFile(t, format.PageHeader{}, nil, 0)
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	leaf := *f.leaves[0]
	leaf.def = 1
	l := &leafReader{node: &leaf, pages: &pageReader{leaf: &leaf}}
	l.values, err = newValueReader(&leaf, types.Long, rebase{})
	if err != nil {
		t.Fatal(err)
	}
	defs := appendRun(nil, 0, rows, 1)
	l.page, l.left = page{values: rows, defs: hybridReader{data: defs, width: 1}}, rows
	if err := l.read(1000); err != nil {
		t.Fatal(err)
	}
	if got := l.values.finish(); got.Len() != 1000 || got.NullN() != 1000 {
		t.Fatalf("%d values, %d null", got.Len(), got.NullN())
	}
	_ = schema
}

// FuzzRead opens and reads anything.
func FuzzRead(f *testing.F) {
	for _, codec := range []string{"none", "snappy", "gzip", "zstd", "lz4_raw"} {
		f.Add(hostileSeed(f, codec))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := readHostile(t, data); err != nil && strings.Contains(err.Error(), "internal error") {
			t.Fatal(err)
		}
	})
}

// FuzzRealFiles starts from small real files, of other writers.
func FuzzRealFiles(f *testing.F) {
	added := 0
	for _, path := range parquetFiles(f) {
		if data, err := os.ReadFile(path); err == nil && len(data) < 4000 && added < 20 {
			f.Add(data)
			added++
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := readHostile(t, data); err != nil && strings.Contains(err.Error(), "internal error") {
			t.Fatal(err)
		}
	})
}
