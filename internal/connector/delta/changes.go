package delta

import (
	"context"
	"errors"

	"lakehouse/deltalog"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
)

// writeChanges writes rows of the change data feed: the table's columns as data files have them, and _change_type. The files are
// for one version, and are part of it once they are among its actions.
func writeChanges(ctx context.Context, t Table, meta deltalog.Metadata, op exec.Operator, opts option.Values, workers int) ([]deltalog.AddCDCFile, error) {
	return nil, errors.New("change data files are not yet written")
}
