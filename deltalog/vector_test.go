package deltalog

import (
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func inlineVector(text string, size int32, cardinality int64) *DeletionVector {
	return &DeletionVector{StorageType: "i", PathOrInlineDV: text, SizeInBytes: size, Cardinality: cardinality}
}

// The example of the specification holds the rows that the specification says.
func TestInlineVectorOfTheSpecification(t *testing.T) {
	table := Open(volumestest.NewMemory(), Options{})
	for _, v := range []*DeletionVector{
		inlineVector("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 40, 6),
		inlineVector("^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 44, 6), // by the format that the specification has
	} {
		rows, err := table.ReadDeletionVector(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := slices.Collect(rows.All()), []int64{3, 4, 7, 11, 18, 29}; !slices.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	}
}

// The three ways to name a file of vectors, as the specification has them.
func TestVectorFileNames(t *testing.T) {
	tests := []struct {
		vector DeletionVector
		want   string
	}{
		{DeletionVector{StorageType: "u", PathOrInlineDV: "ab^-aqEH.-t@S}K{vb[*k^"}, "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"},
		{DeletionVector{StorageType: "u", PathOrInlineDV: "^-aqEH.-t@S}K{vb[*k^"}, "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"},
		{DeletionVector{StorageType: "p", PathOrInlineDV: "s3://mytable/a%20b.bin"}, "s3://mytable/a b.bin"},
		{DeletionVector{StorageType: "u", PathOrInlineDV: "../x^-aqEH.-t@S}K{vb[*k^"}, ""},
		{DeletionVector{StorageType: "u", PathOrInlineDV: "short"}, ""},
		{DeletionVector{StorageType: "u", PathOrInlineDV: "^-aqEH.-t@S}K{vb[*k\x00"}, ""},
		{DeletionVector{StorageType: "x", PathOrInlineDV: "^-aqEH.-t@S}K{vb[*k^"}, ""},
	}
	for _, test := range tests {
		got, err := test.vector.file()
		if (err != nil) != (test.want == "") || err == nil && got != test.want {
			t.Errorf("%+v: %q, %v; want %q", test.vector, got, err, test.want)
		}
	}
}

func drawRows(t *rapid.T, label string) *RowSet {
	rows := new(RowSet)
	for _, r := range rapid.SliceOfN(rapid.Int64Range(0, 1<<34), 0, 40).Draw(t, label) {
		rows.Add(r)
	}
	if from := rapid.Int64Range(0, 1<<20).Draw(t, label+" from"); from%2 == 0 {
		rows.AddRange(from, from+rapid.Int64Range(1, 1<<17).Draw(t, label+" count"))
	}
	return rows
}

// What is written into a file of vectors is what is read from it, whichever of them is asked for.
func TestVectorsOfOneFileAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := Open(volumestest.NewMemory(), Options{})
		file := table.NewDeletionVectorFile()
		var sets []*RowSet
		var vectors []*DeletionVector
		for range rapid.IntRange(1, 5).Draw(t, "vectors") {
			rows := drawRows(t, "rows")
			rows.Add(7)
			v, err := file.Add(t.Context(), rows)
			if err != nil {
				t.Fatal(err)
			}
			sets, vectors = append(sets, rows), append(vectors, v)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		for i, v := range vectors {
			rows, err := table.ReadDeletionVector(t.Context(), v)
			if err != nil || !rows.Equal(sets[i]) {
				t.Fatalf("vector %d: %d rows, %v; want %d", i, rows.Len(), err, sets[i].Len())
			}
		}
	})
}

// A file of vectors that gets none, or is given up, leaves nothing behind.
func TestVectorFileWithoutVectorsIsNotMade(t *testing.T) {
	store := volumestest.NewMemory()
	table := Open(store, Options{})
	none := table.NewDeletionVectorFile()
	if err := none.Close(); err != nil {
		t.Fatal(err)
	}
	given := table.NewDeletionVectorFile()
	if _, err := given.Add(t.Context(), RowsOf(1)); err != nil {
		t.Fatal(err)
	}
	given.Abort()
	for f, err := range store.List(t.Context(), ".", volumes.ListOptions{Recursive: true}) {
		t.Errorf("%s, %v", f.Name, err)
	}
}

// framed is a file with one vector of these bytes.
func framed(data []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{1}, uint32(len(data)))
	return binary.BigEndian.AppendUint32(append(out, data...), crc32.ChecksumIEEE(data))
}

// Vectors that are not what the log says of them are refused, each by the class of its fault.
func TestBrokenVectorsAreRefused(t *testing.T) {
	good, err := RowsOf(3, 5, 1<<33).bytes()
	if err != nil {
		t.Fatal(err)
	}
	one := int32(1)
	vector := func(size int32, cardinality int64) DeletionVector {
		return DeletionVector{StorageType: "u", PathOrInlineDV: "^-aqEH.-t@S}K{vb[*k^", Offset: &one, SizeInBytes: size, Cardinality: cardinality}
	}
	size := int32(len(good))
	changed := func(at int, to byte) []byte {
		data := framed(good)
		data[at] = to
		return data
	}
	many := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, portableMagic), 1<<40)
	tests := []struct {
		name   string
		file   []byte
		vector DeletionVector
		want   errclass.Class
	}{
		{"format of the file", changed(0, 2), vector(size, 3), errclass.DeltaVectorFormat},
		{"size", changed(4, 1), vector(size, 3), errclass.DeltaVectorSize},
		{"size of the log", framed(good), vector(size-1, 3), errclass.DeltaVectorSize},
		{"size above the file", framed(good), vector(1<<30, 3), errclass.DeltaVectorSize},
		{"bytes", changed(20, 77), vector(size, 3), errclass.DeltaVectorChecksum},
		{"cardinality", framed(good), vector(size, 4), errclass.DeltaVectorCardinality},
		{"negative size", framed(good), vector(-1, 3), errclass.DeltaLogCorrupt},
		{"negative cardinality", framed(good), vector(size, -3), errclass.DeltaLogCorrupt},
		{"magic", framed([]byte("abcdefghijkl")), vector(12, 3), errclass.DeltaVectorFormat},
		{"nothing", framed(nil), vector(0, 0), errclass.DeltaVectorFormat},
		{"count of buckets", framed(many), vector(int32(len(many)), 3), errclass.DeltaVectorFormat},
		{"more bytes than rows", framed(append(slices.Clone(good), 0)), vector(size+1, 3), errclass.DeltaVectorFormat},
		{"fewer", framed(good[:len(good)-1]), vector(size-1, 3), errclass.DeltaVectorFormat},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := volumestest.NewMemory()
			if err := store.Put(t.Context(), "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", test.file); err != nil {
				t.Fatal(err)
			}
			_, err := Open(store, Options{}).ReadDeletionVector(t.Context(), &test.vector)
			wantClass(t, err, test.want)
		})
	}
}

// The format before the one of the specification, and buckets without rows, which Spark writes before the last.
func TestOtherSpellingsOfRows(t *testing.T) {
	want := RowsOf(1, 2, 1<<32+5)
	portable, err := want.bytes()
	if err != nil {
		t.Fatal(err)
	}
	low, high := bucket(t, 1, 2), bucket(t, 5)
	native := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, nativeMagic), 2)
	for _, b := range [][]byte{low, high} {
		native = append(binary.LittleEndian.AppendUint32(native, uint32(len(b))), b...)
	}
	empty := []byte{0x3a, 0x30, 0, 0, 0, 0, 0, 0}
	holed := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, portableMagic), 3)
	for key, b := range [][]byte{low, high, empty} {
		holed = append(binary.LittleEndian.AppendUint32(holed, uint32(key)), b...)
	}
	for name, data := range map[string][]byte{"portable": portable, "native": native, "empty bucket": holed} {
		rows, err := parseRowSet(data)
		if err != nil || !rows.Equal(want) {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// bucket is a bitmap of 32 bits.
func bucket(t *testing.T, rows ...int64) []byte {
	data, err := RowsOf(rows...).bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data[4+8+4:]
}

func FuzzRowSet(f *testing.F) {
	for _, rows := range [][]int64{{}, {0}, {1, 5, 70000, 1 << 33}} {
		data, err := RowsOf(rows...).bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, nativeMagic), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseRowSet(data)
		if err != nil {
			return // an error is an answer; a panic or a hang is not
		}
		again, err := rows.bytes()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseRowSet(again); err != nil || !back.Equal(rows) {
			t.Fatalf("%d rows are read back as %d, %v", rows.Len(), back.Len(), err)
		}
	})
}

func FuzzZ85(f *testing.F) {
	f.Add("^-aqEH.-t@S}K{vb[*k^")
	f.Add("#####")
	f.Fuzz(func(t *testing.T, text string) {
		data, err := decodeZ85(text)
		if err == nil && len(data)%4 == 0 && encodeZ85(data) != text {
			t.Fatalf("%q is read as %x, which is written %q", text, data, encodeZ85(data))
		}
	})
}

// rowsRead are the rows of a snapshot, each as a text.
func rowsRead(t *testing.T, s *Snapshot, opts ReadOptions) []string {
	t.Helper()
	reader, err := s.Reader(opts)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := reader.Pieces(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			batches, err := batch.Collect(p.Read(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range batches {
				for i := range int(b.NumRows()) {
					var row []string
					for _, c := range b.Columns() {
						row = append(row, c.ValueStr(i))
					}
					rows = append(rows, strings.Join(row, " "))
				}
			}
		}
	}
	return rows
}

// The rows that a vector of Spark's took out are not given; where they are asked for, they are.
func TestRowsOfATableWithVectors(t *testing.T) {
	store, err := volumes.OpenLocal(filepath.Join(realdata.Path(t, "delta-tables"), "table-with-dv-small"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		opts ReadOptions
		want []string
	}{
		{"rows", ReadOptions{}, []string{"1", "2", "3", "4", "5", "6", "7", "8"}},
		{"positions", ReadOptions{Metadata: []RowMetadata{RowIndex}}, []string{"1 1", "2 2", "3 3", "4 4", "5 5", "6 6", "7 7", "8 8"}},
		{"all that the file has", ReadOptions{WithDeleted: true}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		{"none of the columns", ReadOptions{Columns: []string{}}, []string{"", "", "", "", "", "", "", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := rowsRead(t, s, test.opts); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Where the protocol does not make readers look at deletion vectors none are written, whatever the table's property says.
func TestVectorsAskForTheirFeature(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	table.append("1.parquet")
	txn := table.snapshot().Begin(Operation{Name: "DELETE"})
	marked := write("1.parquet")
	marked.DeletionVector = &DeletionVector{StorageType: "i", PathOrInlineDV: "x", Cardinality: 1}
	txn.Add(marked)
	_, err := txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaVectorsDisallowed)
	for supported, want := range map[string]bool{"": false, "deletionVectors": true} {
		p := Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{supported}, WriterFeatures: []string{supported}}
		if got := p.WritesDeletionVectors(&Metadata{Configuration: map[string]string{propVectors: "true"}}); got != want {
			t.Errorf("with feature %q: %v", supported, got)
		}
	}
}
