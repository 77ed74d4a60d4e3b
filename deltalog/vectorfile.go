package deltalog

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"github.com/google/uuid"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A DeletionVectorFile is a file that many deletion vectors are written into, those of one transaction. It belongs to one
// goroutine.
type DeletionVectorFile struct {
	table *Table
	below string // a folder; empty: the table's own
	id    uuid.UUID
	out   volumes.Writer // nil: nothing is written yet
	size  int64
	done  bool
}

// NewDeletionVectorFile begins a file of vectors. It comes into being with its first vector; who adds none leaves nothing behind.
func (t *Table) NewDeletionVectorFile() *DeletionVectorFile {
	return &DeletionVectorFile{table: t, id: uuid.New()}
}

// Below has the file lie in a folder of the table. It is called before [DeletionVectorFile.Add].
func (f *DeletionVectorFile) Below(folder string) *DeletionVectorFile {
	f.below = folder
	return f
}

// Add writes the rows as one vector and describes it. The description may be committed once [DeletionVectorFile.Close] has
// returned.
func (f *DeletionVectorFile) Add(ctx context.Context, rows *RowSet) (*DeletionVector, error) {
	if f.done {
		return nil, errors.New("internal error: a vector is added to a file that is closed")
	}
	if rows.Len() == 0 {
		return nil, errors.New("internal error: a deletion vector without rows: leave it out")
	}
	data, err := rows.bytes()
	if err != nil {
		return nil, err
	}
	if f.size+int64(len(data)) > math.MaxInt32 {
		return nil, errclass.UnsupportedFeature.New("the deletion vectors of one version take more than 2 GiB.").
			WithHint("Delete in several steps, or without deletion vectors.")
	}
	v := &DeletionVector{StorageType: vectorInTable, PathOrInlineDV: f.below + encodeZ85(f.id[:])}
	if f.out == nil {
		if err := f.begin(ctx, v); err != nil {
			return nil, err
		}
	}
	offset := int32(f.size)
	framed := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	framed = binary.BigEndian.AppendUint32(append(framed, data...), crc32.ChecksumIEEE(data))
	if _, err := f.out.Write(framed); err != nil {
		return nil, err
	}
	f.size += int64(len(framed))
	v.Offset, v.SizeInBytes, v.Cardinality = &offset, int32(len(data)), rows.Len()
	return v, nil
}

func (f *DeletionVectorFile) begin(ctx context.Context, v *DeletionVector) error {
	name, err := v.file()
	if err != nil {
		return err
	}
	if f.out, err = f.table.store.Create(ctx, name); err != nil {
		return err
	}
	f.size = 1
	_, err = f.out.Write([]byte{vectorFormat})
	return err
}

// Close makes the vectors durable: only then may a commit name them.
func (f *DeletionVectorFile) Close() error {
	if f.done || f.out == nil {
		return nil
	}
	f.done = true
	return f.out.Commit()
}

// Abort gives the file up. After Close it does nothing, so that it can be deferred.
func (f *DeletionVectorFile) Abort() {
	if f.out != nil && !f.done {
		f.out.Abort()
	}
	f.done = true
}
