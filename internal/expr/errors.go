package expr

import "lakehouse/internal/errclass"

func intervalDividedByZero() error {
	return errclass.IntervalDividedByZero.New("Division by zero.").
		WithHint("Use `try_divide` to tolerate divisor being 0 and return NULL instead.")
}
