package cli

import (
	"errors"
	"fmt"
	"io"

	"lakehouse/internal/batch"
)

// Report prints what a program failed of, and, where that is a fault of the engine, where in the engine it was.
func Report(errs io.Writer, program string, err error) {
	fmt.Fprintf(errs, "%s: %v\n", program, err)
	if fault := (*batch.Fault)(nil); errors.As(err, &fault) {
		fmt.Fprintf(errs, "\n%s", fault.Stack)
	}
}
