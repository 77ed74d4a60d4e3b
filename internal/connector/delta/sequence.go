package delta

import (
	"context"

	"lakehouse/internal/errclass"
)

// LastTransaction is the newest version that a writer, by its txnAppId, has written into the table; 0: none.
func (t Table) LastTransaction(ctx context.Context, app string) (int64, error) {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	last, _, err := snap.SetTransaction(ctx, app)
	return last, err
}

// follows checks that the writer's newest version is still the one that this write builds on.
func (w *writing) follows(ctx context.Context, app string, after int64) error {
	last := int64(0)
	if w.snap != nil {
		var err error
		if last, _, err = w.snap.SetTransaction(ctx, app); err != nil {
			return err
		}
	}
	if last != after {
		return errclass.DeltaConcurrentTransaction.New("the writer %s has written version %d since version %d was read.", app, last, after)
	}
	return nil
}
