package deltalog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/google/uuid"

	"lakehouse/internal/errclass"
)

// Where a deletion vector is stored.
const (
	vectorInTable  = "u" // in a file of the table's folder, named by a UUID
	vectorInline   = "i" // in the log itself
	vectorAbsolute = "p" // in a file anywhere
)

// id is the vector's part of a logical file's key: storage type, path and offset; empty for none.
func (v *DeletionVector) id() string {
	if v == nil {
		return ""
	}
	id := v.StorageType + v.PathOrInlineDV
	if v.Offset != nil {
		id += "@" + strconv.Itoa(int(*v.Offset))
	}
	return id
}

// at is where the vector begins in its file.
func (v *DeletionVector) at() int64 {
	if v.Offset == nil {
		return 0
	}
	return int64(*v.Offset)
}

// uuidText is how many characters of Z85 a UUID has; what stands before them is a folder.
const uuidText = 20

// file is the name of the vector's file: below the table's folder, or absolute.
func (v *DeletionVector) file() (string, error) {
	switch v.StorageType {
	case vectorInTable:
		cut := len(v.PathOrInlineDV) - uuidText
		if cut < 0 {
			return "", fmt.Errorf("%q names no file: a UUID has %d characters", v.PathOrInlineDV, uuidText)
		}
		id, err := decodeZ85(v.PathOrInlineDV[cut:])
		if err != nil {
			return "", err
		}
		name := "deletion_vector_" + uuid.UUID(id).String() + ".bin"
		if cut > 0 {
			name = v.PathOrInlineDV[:cut] + "/" + name
		}
		return name, checkPath(name)
	case vectorAbsolute:
		return decodePath(v.PathOrInlineDV)
	}
	return "", fmt.Errorf("the storage type %q of a deletion vector is none of u, i and p", v.StorageType)
}

// fileName is the file that holds the vector; empty for none and for an inline one.
func (v *DeletionVector) fileName() (string, error) {
	if v == nil || v.StorageType == vectorInline {
		return "", nil
	}
	return v.file()
}

// ReadDeletionVector reads the rows that a vector takes out of its data file. A nil vector takes out none. Its checksum,
// its size and the number of its rows are held against what the log says of them.
func (t *Table) ReadDeletionVector(ctx context.Context, v *DeletionVector) (*RowSet, error) {
	if v == nil {
		return &RowSet{}, nil
	}
	rows, err := t.readVector(ctx, v)
	if err == nil && rows.Len() != v.Cardinality {
		err = errclass.DeltaVectorCardinality.New("Deletion vector integrity check failed. Encountered a cardinality mismatch: the log says %d rows, it has %d.", v.Cardinality, rows.Len())
	}
	if err != nil {
		return nil, t.located(fmt.Errorf("read deletion vector %s: %w", v.id(), err))
	}
	return rows, nil
}

func (t *Table) readVector(ctx context.Context, v *DeletionVector) (*RowSet, error) {
	if v.SizeInBytes < 0 || v.Cardinality < 0 || v.at() < 0 {
		return nil, errclass.DeltaLogCorrupt.New("a deletion vector of %d bytes at %d with %d rows.", v.SizeInBytes, v.at(), v.Cardinality)
	}
	if v.StorageType == vectorInline {
		data, err := decodeZ85(v.PathOrInlineDV)
		if err != nil {
			return nil, err
		}
		if int64(len(data)) < int64(v.SizeInBytes) {
			return nil, errclass.DeltaVectorSize.New("Deletion vector integrity check failed. Encountered a size mismatch: the log says %d bytes, it has %d.", v.SizeInBytes, len(data))
		}
		return parseRowSet(data[:v.SizeInBytes]) // the text is padded to whole groups
	}
	name, err := v.file()
	if err != nil {
		return nil, err
	}
	in, err := t.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := readVectorBytes(in, in.Info().Size, v)
	if err != nil {
		return nil, err
	}
	return parseRowSet(data)
}

// vectorFormat is the first byte of a file of vectors.
const vectorFormat = 1

// readVectorBytes reads a vector's place in its file: its size, its bytes, their checksum.
func readVectorBytes(in io.ReaderAt, size int64, v *DeletionVector) ([]byte, error) {
	var format [1]byte
	if _, err := in.ReadAt(format[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if format[0] != vectorFormat {
		return nil, errclass.DeltaVectorFormat.New("the file of deletion vectors has format %d; format %d is known.", format[0], vectorFormat)
	}
	length := int64(v.SizeInBytes)
	if v.at()+4+length+4 > size {
		return nil, errclass.DeltaVectorSize.New("Deletion vector integrity check failed. Encountered a size mismatch: %d bytes at %d do not fit in a file of %d.", length, v.at(), size)
	}
	framed := make([]byte, 4+length+4)
	if _, err := in.ReadAt(framed, v.at()); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if told := binary.BigEndian.Uint32(framed); int64(told) != length {
		return nil, errclass.DeltaVectorSize.New("Deletion vector integrity check failed. Encountered a size mismatch: the log says %d bytes, the file %d.", length, told)
	}
	data := framed[4 : 4+length]
	if binary.BigEndian.Uint32(framed[4+length:]) != crc32.ChecksumIEEE(data) {
		return nil, errclass.DeltaVectorChecksum.New("Could not verify deletion vector integrity, CRC checksum verification failed.")
	}
	return data, nil
}

// The first bytes of a set of rows: by the format that the specification has, and by the one that came before it.
const (
	portableMagic = 1681511377
	nativeMagic   = 1681511376
)

// parseRowSet reads a set of rows from bytes that nobody vouches for.
func parseRowSet(data []byte) (*RowSet, error) {
	if len(data) < 4 {
		return nil, errclass.DeltaVectorFormat.New("a deletion vector of %d bytes.", len(data))
	}
	set := new(RowSet)
	var err error
	switch magic := binary.LittleEndian.Uint32(data); magic {
	case portableMagic:
		err = set.parsePortable(data[4:])
	case nativeMagic:
		err = set.parseNative(data[4:], binary.LittleEndian)
	default:
		if binary.BigEndian.Uint32(data) == nativeMagic { // so the specification's own example
			err = set.parseNative(data[4:], binary.BigEndian)
			break
		}
		return nil, errclass.DeltaVectorFormat.New("Unexpected RoaringBitmapArray magic number %d.", magic)
	}
	if err != nil {
		return nil, errclass.DeltaVectorFormat.New("decode the rows of a deletion vector: %w", err)
	}
	return set, nil
}

// leastBucket is how many bytes the rows that share their upper half take at least: the half, and an empty bitmap.
const leastBucket = 4 + 8

func (s *RowSet) parsePortable(data []byte) (err error) {
	defer recovered(&err)
	if data, err = withoutEmptyBuckets(data); err != nil {
		return err
	}
	if _, err := s.bits.ReadFrom(bytes.NewReader(data)); err != nil {
		return err
	}
	return s.bits.Validate()
}

// withoutEmptyBuckets is the same rows. Delta on Spark writes a bucket for each upper half up to the last one, the library that
// reads them wants none without rows. All lengths and keys are looked at on the way.
func withoutEmptyBuckets(data []byte) ([]byte, error) {
	if len(data) < 8 {
		return nil, io.ErrUnexpectedEOF
	}
	count := binary.LittleEndian.Uint64(data)
	if count > uint64(len(data)-8)/leastBucket {
		return nil, fmt.Errorf("%d buckets in %d bytes", count, len(data))
	}
	full, kept := make([]byte, 8, len(data)), uint64(0)
	last := int64(-1)
	rest := data[8:]
	for range count {
		if len(rest) < leastBucket {
			return nil, io.ErrUnexpectedEOF
		}
		key := int64(binary.LittleEndian.Uint32(rest))
		if key <= last || key > math.MaxInt32 {
			return nil, fmt.Errorf("bucket %d follows bucket %d", key, last)
		}
		last = key
		bucket := roaring.New()
		n, err := bucket.ReadFrom(bytes.NewReader(rest[4:]))
		if err != nil {
			return nil, err
		}
		if err := bucket.Validate(); err != nil {
			return nil, err
		}
		if !bucket.IsEmpty() {
			full, kept = append(full, rest[:4+n]...), kept+1
		}
		rest = rest[4+n:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow the rows", len(rest))
	}
	binary.LittleEndian.PutUint64(full, kept)
	return full, nil
}

// parseNative reads the older format: how many bitmaps there are, each with its size before it; the number of a bitmap is the
// upper half of its rows.
func (s *RowSet) parseNative(data []byte, order binary.ByteOrder) (err error) {
	defer recovered(&err)
	if len(data) < 4 {
		return io.ErrUnexpectedEOF
	}
	count := order.Uint32(data)
	data = data[4:]
	if uint64(count) > uint64(len(data))/leastBucket {
		return fmt.Errorf("%d bitmaps in %d bytes", count, len(data))
	}
	portable := binary.LittleEndian.AppendUint64(nil, uint64(count))
	for i := range count {
		if len(data) < 4 {
			return io.ErrUnexpectedEOF
		}
		size := order.Uint32(data)
		if data = data[4:]; uint64(size) > uint64(len(data)) {
			return io.ErrUnexpectedEOF
		}
		portable = append(binary.LittleEndian.AppendUint32(portable, i), data[:size]...)
		data = data[size:]
	}
	if len(data) > 0 {
		return fmt.Errorf("%d bytes follow the rows", len(data))
	}
	return s.parsePortable(portable)
}

// bytes is the set as deletion vectors store it.
func (s *RowSet) bytes() ([]byte, error) {
	packed := roaring64.New()
	packed.Or(&s.bits)
	packed.RunOptimize()
	out := bytes.NewBuffer(binary.LittleEndian.AppendUint32(nil, portableMagic))
	if _, err := packed.WriteTo(out); err != nil {
		return nil, fmt.Errorf("encode %d rows: %w", s.Len(), err)
	}
	return out.Bytes(), nil
}

// recovered makes an error of a panic: whatever a file says, it is no reason to stop the program.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: the bytes break their reader: %v", p)
	}
}
