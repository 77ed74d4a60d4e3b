package deltalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// manifestDir holds the manifests, of Presto, Trino and Athena.
const manifestDir = "_symlink_format_manifest"

// GenerateManifest writes the files that Presto and Athena read as a table of format SymlinkTextInputFormat: for each partition the places of
// its data files, a line each. location is the URI of the table's folder. Manifests of partitions that are gone are deleted.
func (t *Table) GenerateManifest(ctx context.Context, location string) error {
	return t.located(t.generateManifest(ctx, location))
}

func (t *Table) generateManifest(ctx context.Context, location string) error {
	snap, err := t.Snapshot(ctx)
	if err != nil {
		return err
	}
	meta := snap.state.metadata
	if meta.ColumnMapping() != MappingNone {
		return errclass.DeltaManifestMapping.New("Manifest generation is not supported for tables that leverage column mapping, as external readers cannot read these Delta tables.")
	}
	lines := map[string][]string{}
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return err
		}
		if f.DeletionVector != nil {
			return errclass.DeltaManifestVectors.New("The 'GENERATE symlink_format_manifest' command is not supported on table versions with deletion vectors.").
				WithHint("Run REORG TABLE … APPLY (PURGE) first, and disable deletion vectors by ALTER TABLE … SET TBLPROPERTIES (delta.enableDeletionVectors = false).")
		}
		dir := path.Join(manifestDir, PartitionDir(meta.PartitionColumns, f.PartitionValues))
		place := f.Path
		if !isAbsolute(place) {
			place = strings.TrimRight(location, "/") + "/" + place
		}
		lines[dir] = append(lines[dir], place)
	}
	if len(lines) == 0 && len(meta.PartitionColumns) == 0 {
		lines[manifestDir] = nil
	}
	for _, dir := range slices.Sorted(maps.Keys(lines)) {
		slices.SortFunc(lines[dir], cmp.Compare[string])
		text := strings.Join(lines[dir], "\n")
		if err := t.store.Put(ctx, dir+"/manifest", []byte(text)); err != nil {
			return fmt.Errorf("write manifest of %s: %w", dir, err)
		}
	}
	return t.dropManifests(ctx, lines)
}

// dropManifests deletes the manifests of other partitions.
func (t *Table) dropManifests(ctx context.Context, kept map[string][]string) error {
	var old []string
	for f, err := range t.store.List(ctx, manifestDir, volumes.ListOptions{Recursive: true, Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := kept[path.Dir(f.Name)]; !ok {
			old = append(old, f.Name)
		}
	}
	for _, name := range old {
		if err := t.store.Delete(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete manifest %s: %w", name, err)
		}
	}
	return nil
}
