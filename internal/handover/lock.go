package handover

import (
	"context"
	"errors"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
)

// lock finds out whether a query of this engine runs on the checkpoint. What Spark runs holds no lock: whoever calls has to
// know that it was stopped.
func (i *inspection) lock(ctx context.Context) error {
	err := checkpoint.Free(ctx, i.Store, i.Path)
	if errors.Is(err, errclass.CheckpointInUse) {
		i.report.refuse("lock", "a query runs on the checkpoint", err.Error())
		return nil
	}
	return err
}
