package batch

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
)

// A Fault is a panic that a guard has caught: a mistake of the engine, not of its user.
type Fault struct {
	Value any    // what was panicked with
	Stack []byte // of the goroutine, for the log; Error leaves it out
}

// faultText is how much of a panic's words an error repeats.
const faultText = 300

// Error is the first line of the panic's words.
func (f *Fault) Error() string {
	line, _, _ := strings.Cut(fmt.Sprint(f.Value), "\n")
	if len(line) > faultText {
		line = strings.ToValidUTF8(line[:faultText], "") + "…"
	}
	return line
}

// Guard calls f, and makes an error of class INTERNAL_ERROR of its panic, so that one query fails and not the
// process. Every goroutine that walks operators has one: a panic that no function of its goroutine recovers ends
// the program. What the runtime itself gives up on (maps written by two at once, no memory left) cannot be caught.
func Guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = faultOf(p)
		}
	}()
	return f()
}

// Guarded is a sequence whose panic is its last element, an error as of Guard. A panic of the one who walks it stays
// the walker's, and passes through.
func Guarded(in Seq) Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		walking, ended := false, false // yield is running; no element may follow
		defer func() {
			if walking {
				return
			}
			if p := recover(); p != nil && !ended {
				yield(nil, faultOf(p))
			}
		}()
		in(func(b arrow.RecordBatch, err error) bool {
			walking = true
			more := yield(b, err)
			walking, ended = false, !more || err != nil
			return more
		})
	}
}

func faultOf(p any) error {
	return errclass.InternalError.New("The engine failed: %w.", &Fault{Value: p, Stack: debug.Stack()}).
		WithHint("This is a fault of the engine, not of the query. Please report it with the query and the log.")
}
