package parquetio

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
)

// An Input is an open file.
type Input interface {
	io.ReaderAt
	io.Closer
}

// An Opener opens a file, and tells its size. It may be called again, by several goroutines.
type Opener func(ctx context.Context) (in Input, size int64, err error)

// Split shares a file of about that size out to those who read it. Each piece opens the file for as long as it is
// read: a table may have more files than a process may hold open.
//
// A large file is looked into now and becomes as many pieces as its row groups make. A small one is a single piece, and
// is not touched; so is one that cannot be looked into: its piece finds out again, and says what is wrong.
func Split(ctx context.Context, open Opener, size int64, opts ReadOptions) []batch.Piece {
	whole := []batch.Piece{&wholeFile{open, size, opts}}
	if size <= pieceBytes {
		return whole
	}
	in, size, err := open(ctx)
	if err != nil {
		return whole
	}
	defer in.Close()
	file, err := Open(in, size)
	if err != nil {
		return whole
	}
	pieces, err := file.Pieces(opts)
	if err != nil {
		return whole
	}
	for i, p := range pieces {
		pieces[i] = &partOfFile{p.(*Piece), open}
	}
	return pieces
}

// A wholeFile is a file whose footer nobody has read.
type wholeFile struct {
	open Opener
	size int64
	opts ReadOptions
}

// Size is the file's.
func (w *wholeFile) Size() int64 { return w.size }

// Read opens the file and gives the rows of its row groups.
func (w *wholeFile) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		in, size, err := w.open(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.Close()
		file, err := Open(in, size)
		if err != nil {
			yield(nil, err)
			return
		}
		pieces, err := file.Pieces(w.opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, p := range pieces {
			if !forward(p.Read(ctx), yield) {
				return
			}
		}
	}
}

// A partOfFile is row groups of a file whose footer is known and which is open no longer.
type partOfFile struct {
	*Piece
	open Opener
}

// Read opens the file again. That it is still the same one is the opener's business.
func (p *partOfFile) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		in, size, err := p.open(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.Close()
		if size != p.file.size {
			yield(nil, fmt.Errorf("read parquet: the file had %d bytes and has %d now", p.file.size, size))
			return
		}
		forward(p.reading(in).Read(ctx), yield)
	}
}

// forward passes a sequence on and reports whether to go on after it.
func forward(seq batch.Seq, yield func(arrow.RecordBatch, error) bool) bool {
	for b, err := range seq {
		if !yield(b, err) || err != nil {
			return false
		}
	}
	return true
}
