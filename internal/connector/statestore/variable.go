package statestore

import (
	"context"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
)

// isTransform reports whether the operator is transformWithState, whose state is in variables.
func isTransform(op state.OperatorInfo) bool { return strings.HasPrefix(op.Name, "transformWithState") }

// settleVariable finds a state variable, or the timers.
func (s *Source) settleVariable(_ context.Context, op state.OperatorInfo) error {
	if isTransform(op) {
		return errclass.UnsupportedFeature.New("The state of %s is not read.", op.Name)
	}
	remove := "Found operator=" + op.Name + ". Please remove this option and re-run the query."
	if s.opts.timers {
		return invalid(optTimers, "Providing %s=true is only supported with the transformWithState operator. %s", optTimers, remove)
	}
	return invalid(optVariable, "Providing state variable names is only supported with the transformWithState operator. %s", remove)
}
