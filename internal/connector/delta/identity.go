package delta

import (
	"context"
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A mark is a file of the log by which a table is known again without reading its log.
type mark struct{ name, etag string }

// checkTable finds out whether the folder still holds the table that the stream began on. While the marked file of the log is
// the same, it does.
func (s *source) checkTable(ctx context.Context) error {
	if s.mark.name != "" {
		info, err := volumes.StatFile(ctx, s.table.Store, s.mark.name)
		if err == nil && info.ETag == s.mark.etag {
			return nil
		}
	}
	snap, err := s.table.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	if id := snap.Metadata().ID; id != s.id {
		return otherTable(id, s.id)
	}
	name := fmt.Sprintf("_delta_log/%020d.json", snap.Version())
	if info, err := volumes.StatFile(ctx, s.table.Store, name); err == nil {
		s.mark = mark{name, info.ETag}
	}
	return nil
}

func otherTable(found, wanted string) error {
	return errclass.DeltaSourceOtherTable.New("The streaming query was reading from an unexpected Delta table (id = '%s'). It used to read from another Delta table (id = '%s') according to checkpoint.", found, wanted).
		WithHint("This may happen when you changed the code to read from a new table or you deleted and re-created a table. Please revert your change or delete your streaming query checkpoint to restart from scratch.")
}
