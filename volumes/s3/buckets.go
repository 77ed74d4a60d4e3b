package s3

import (
	"context"
	"reflect"
	"sync"

	"lakehouse/volumes"
)

// Buckets opens buckets by name for a volumes.Space, each once as long as its options stay the same.
type Buckets struct {
	options func(bucket string) (Options, error)

	mu     sync.Mutex
	opened map[string]opened
}

type opened struct {
	options Options
	store   volumes.Store
}

// NewBuckets opens buckets with the options that a function gives when it is asked.
func NewBuckets(options func(bucket string) (Options, error)) *Buckets {
	return &Buckets{options: options, opened: map[string]opened{}}
}

var _ volumes.Buckets = (*Buckets)(nil)

// Bucket is the store of a whole bucket.
func (b *Buckets) Bucket(_, bucket string) (volumes.Store, error) {
	options, err := b.options(bucket)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.opened[bucket]; ok && same(was.options, options) {
		return was.store, nil
	}
	store, err := Open(context.Background(), "s3://"+bucket, options)
	if err != nil {
		return nil, err
	}
	b.opened[bucket] = opened{options, store}
	return store, nil
}

// same compares options. Of transports and functions, which cannot be compared, it knows only whether there is one.
func same(a, b Options) bool {
	alike := (a.Transport == nil) == (b.Transport == nil) && (a.Credentials == nil) == (b.Credentials == nil)
	a.Transport, a.Credentials = nil, nil
	b.Transport, b.Credentials = nil, nil
	return alike && reflect.DeepEqual(a, b)
}
