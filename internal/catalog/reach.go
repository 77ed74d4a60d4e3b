package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"lakehouse/volumes"
)

// A reach says in which folders the log of a table may name files by absolute paths: those of the tables that it is a shallow clone of.
type reach struct {
	Table   string   `json:"table"`
	Folders []string `json:"folders"`
}

// reachFile is where the reach of the table at a place is kept: beside the names and not in the table's folder, so that who may write there
// does not decide about it.
func reachFile(table string) string {
	sum := sha256.Sum256([]byte(table))
	return folder + "/_clones/" + hex.EncodeToString(sum[:]) + ".json"
}

// SetReach notes the folders (URIs) in which the log of the table at a place (a URI) may name files beside its own. It comes before the log does.
func (c *Catalog) SetReach(ctx context.Context, table string, folders []string) error {
	data, err := json.Marshal(reach{table, folders})
	if err != nil {
		return fmt.Errorf("encode the reach of %s: %w", table, err)
	}
	return c.store.Put(ctx, reachFile(table), data)
}

// Reach gives the folders that [Catalog.SetReach] noted, none for a table that nobody has cloned here.
func (c *Catalog) Reach(ctx context.Context, table string) ([]string, error) {
	data, err := volumes.ReadFileMax(ctx, c.store, reachFile(table), maxEntry)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var r reach
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil || r.Table != table {
		return nil, err
	}
	return r.Folders, nil
}
