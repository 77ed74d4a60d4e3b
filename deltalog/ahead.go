package deltalog

import (
	"errors"
	"iter"
	"sync"

	"lakehouse/internal/batch"
)

// errStopped is what a producer returns that was told that nobody wants more.
var errStopped = errors.New("stopped")

// ahead runs a producer in a goroutine of its own, a little ahead of who takes what it gives. It ends before the sequence does.
func ahead[T any](produce func(give func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var err error // the producer's, until it has ended
		var producer sync.WaitGroup
		made, stop := make(chan T, 2), make(chan struct{})
		producer.Go(func() {
			defer close(made)
			err = batch.Guard(func() error {
				return produce(func(one T) bool {
					select {
					case made <- one:
						return true
					case <-stop:
						return false
					}
				})
			})
		})
		defer producer.Wait()
		defer close(stop)
		for one := range made {
			if !yield(one, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}
