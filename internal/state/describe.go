package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Kept operator is what a checkpoint tells of a stateful operator.
type Kept struct {
	Operator   int
	Name       string
	Partitions int
	Stores     []KeptStore // by name
}

// A KeptStore is one store of an operator, with the schemas that its rows were made with.
type KeptStore struct {
	Name       string // empty: the operator's only one
	Key, Value types.Struct
}

// Describe reads what the folder of a checkpoint's state tells of its operators, in their order. It changes nothing; the query may
// be running. State of a form that is not read is described as far as it can be.
func Describe(ctx context.Context, store volumes.Store, dir string) ([]Kept, error) {
	var all []Kept
	operators, err := folders(ctx, store, dir)
	if err != nil {
		return nil, err
	}
	for _, name := range operators {
		id, err := strconv.Atoi(name)
		if err != nil {
			continue // not an operator's
		}
		d, err := describe(ctx, store, path.Join(dir, name), id)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Kept) int { return a.Operator - b.Operator })
	return all, nil
}

func describe(ctx context.Context, store volumes.Store, dir string, id int) (Kept, error) {
	d := Kept{Operator: id}
	name, err := newestMetadata(ctx, store, dir)
	if err != nil {
		return d, err
	}
	data, err := volumes.ReadFileMax(ctx, store, name, maxMetadataBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist): // as Spark wrote it before 3.5
	case err != nil:
		return d, fmt.Errorf("read state metadata: %w", err)
	default:
		_, text, _ := strings.Cut(string(data), "\n")
		var m operatorMetadata
		if operatorMetadatas.Unmarshal([]byte(text), &m) != nil || len(m.StateStoreInfo) == 0 {
			return d, errclass.MalformedLogFile.New("Log file was malformed: %s holds no state metadata.", name)
		}
		d.Name, d.Partitions = m.OperatorInfo.OperatorName, m.StateStoreInfo[0].NumPartitions
	}
	d.Stores, err = describeStores(ctx, store, path.Join(dir, "0"), "")
	return d, err
}

// newestMetadata is the operator's metadata: of version 1, or the newest file of version 2.
func newestMetadata(ctx context.Context, store volumes.Store, dir string) (string, error) {
	newest := int64(-1)
	for info, err := range store.List(ctx, path.Join(dir, "_metadata", "v2"), volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("list state metadata: %w", err)
		}
		if batch, err := strconv.ParseInt(path.Base(info.Name), 10, 64); err == nil {
			newest = max(newest, batch)
		}
	}
	if newest < 0 {
		return path.Join(dir, "_metadata", "metadata"), nil
	}
	return path.Join(dir, "_metadata", "v2", strconv.FormatInt(newest, 10)), nil
}

// describeStores reads the schemas that lie in a partition, and in the folders of its stores.
func describeStores(ctx context.Context, store volumes.Store, dir, name string) ([]KeptStore, error) {
	var all []KeptStore
	data, err := volumes.ReadFileMax(ctx, store, path.Join(dir, "_metadata", "schema"), maxMetadataBytes)
	if err == nil {
		d := KeptStore{Name: name}
		if d.Key, d.Value, err = decodeSchemas(data); err != nil {
			return nil, fmt.Errorf("read state schema of %s: %w", dir, err)
		}
		all = append(all, d)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read state schema: %w", err)
	}
	if name != "" {
		return all, nil
	}
	stores, err := folders(ctx, store, dir)
	if err != nil {
		return nil, err
	}
	for _, s := range stores {
		more, err := describeStores(ctx, store, path.Join(dir, s), s)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// folders lists the folders in a folder; none where it is not there.
func folders(ctx context.Context, store volumes.Store, dir string) ([]string, error) {
	var names []string
	for info, err := range store.List(ctx, dir, volumes.ListOptions{Dirs: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
		if base := path.Base(info.Name); info.IsDir && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") {
			names = append(names, base)
		}
	}
	return names, nil
}

// CompareStores says how a store differs from what it was made with; nil where its rows can be read as those of the other.
func CompareStores(was, now KeptStore) error {
	if !compatible(now.Key, was.Key) {
		return errclass.StateKeySchema.New("%s", schemaMismatch("key", was.Key, now.Key))
	}
	if !compatible(now.Value, was.Value) {
		return errclass.StateValueSchema.New("%s", schemaMismatch("value", was.Value, now.Value))
	}
	return nil
}
