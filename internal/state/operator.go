package state

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
)

// OpenOptions says where state lies and which version to load.
type OpenOptions struct {
	Store      volumes.Store
	Dir        string // the operator's folder's parent: "state"
	Version    int64  // 0: empty
	Partitions int    // of the query; kept for its life
}

// Operator is the state of one operator at one version, open for change. It belongs to one goroutine.
type Operator struct{}

// Open loads a version. State of another key or value schema is an error of class
// STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE or STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE.
func Open(ctx context.Context, spec Spec, opts OpenOptions) (*Operator, error) {
	return nil, errors.ErrUnsupported
}

// All gives every entry, as batches of the key columns followed by the value columns.
func (o *Operator) All(ctx context.Context) batch.Seq { return batch.Fail(errors.ErrUnsupported) }

// Get gives the values for the keys, row by row, null where found is false.
func (o *Operator) Get(keys arrow.RecordBatch) (values arrow.RecordBatch, found []bool, err error) {
	return nil, nil, errors.ErrUnsupported
}

// Put sets the values of the keys.
func (o *Operator) Put(keys, values arrow.RecordBatch) error { return errors.ErrUnsupported }

// Remove forgets the keys.
func (o *Operator) Remove(keys arrow.RecordBatch) error { return errors.ErrUnsupported }

// Rows is how many entries there are.
func (o *Operator) Rows() int64 { return 0 }

// Commit makes the next version durable. It costs what has changed.
func (o *Operator) Commit(ctx context.Context) error { return errors.ErrUnsupported }
