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
	return t.located(t.generateManifest(ctx, location, nil))
}

// propManifest is the table property that has manifests follow each version.
const propManifest = "delta.compatibility.symlinkFormatManifest.enabled"

// followManifest brings the manifests of the partitions up to date that a version has changed, where the table wants it. The version
// stands already: what goes wrong is told by [Commit].Maintenance, and the next version of the partition tries again.
func (x *Txn) followManifest(ctx context.Context) error {
	if !propertyIs(propManifest, "true")(x.metadata()) {
		return nil
	}
	changed := x.changedManifests()
	if changed != nil && len(changed) == 0 {
		return nil
	}
	if err := x.table.generateManifest(ctx, x.table.place(), changed); err != nil {
		return fmt.Errorf("write the manifests: %w", err)
	}
	return nil
}

// changedManifests are the folders of the manifests that the transaction's files belong to; nil: all of them.
func (x *Txn) changedManifests() map[string]bool {
	if x.actions.Metadata != nil {
		return nil
	}
	partition := x.metadata().PartitionColumns
	changed := map[string]bool{}
	for i := range x.actions.Adds {
		changed[manifestOf(partition, x.actions.Adds[i].PartitionValues)] = true
	}
	for i := range x.actions.Removes {
		values := x.actions.Removes[i].PartitionValues
		if len(values) != len(partition) { // logs may leave them out
			return nil
		}
		changed[manifestOf(partition, values)] = true
	}
	return changed
}

func manifestOf(partition []string, values map[string]*string) string {
	return path.Join(manifestDir, PartitionDir(partition, values))
}

// place is the URI of the table's folder, as programs outside know it.
func (t *Table) place() string {
	if folder, ok := volumes.HostFolder(t.store); ok {
		return "file://" + volumes.EncodePath(folder)
	}
	return t.opts.Location
}

// generateManifest writes the manifests of the partitions whose folders are given; nil: of all.
func (t *Table) generateManifest(ctx context.Context, location string, only map[string]bool) error {
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
		dir := manifestOf(meta.PartitionColumns, f.PartitionValues)
		if only != nil && !only[dir] {
			continue
		}
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
	return t.dropManifests(ctx, lines, only)
}

// dropManifests deletes the manifests of other partitions.
func (t *Table) dropManifests(ctx context.Context, kept map[string][]string, only map[string]bool) error {
	var old []string
	for f, err := range t.store.List(ctx, manifestDir, volumes.ListOptions{Recursive: true, Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		dir := path.Dir(f.Name)
		if _, ok := kept[dir]; !ok && (only == nil || only[dir]) {
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
