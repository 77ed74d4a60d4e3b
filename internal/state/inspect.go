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
	"lakehouse/internal/exactjson"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Folder is the state of a query as it lies in a checkpoint: it is looked at, never changed.
type Folder struct {
	Store volumes.Store
	Dir   string // "state"
}

// OperatorInfo is what a checkpoint says of a stateful operator.
type OperatorInfo struct {
	ID         int
	Version    int    // of its metadata: 1 or 2; 0: it has none, as Spark before 4.0 left it
	Name       string // Spark's operator name: "stateStoreSave"; empty without metadata
	Stores     []StoreInfo
	Properties string // JSON; of transformWithState
}

// StoreInfo is what a checkpoint says of one store of an operator.
type StoreInfo struct {
	Name          string // "default"
	PrefixColumns int
	Partitions    int
}

// Operators lists the operators of the folder as they were in a batch, by number.
func (f Folder) Operators(ctx context.Context, batch int64) ([]OperatorInfo, error) {
	ids, err := f.numbers(ctx, f.Dir)
	if err != nil {
		return nil, err
	}
	all := make([]OperatorInfo, len(ids))
	for i, id := range ids {
		if all[i], err = f.operator(ctx, int(id), batch); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (f Folder) operator(ctx context.Context, id int, batch int64) (OperatorInfo, error) {
	dir := path.Join(f.Dir, strconv.Itoa(id))
	name, err := f.metadataFile(ctx, dir, batch)
	if err != nil {
		return OperatorInfo{}, err
	}
	data, err := volumes.ReadFileMax(ctx, f.Store, name, maxMetadataBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return f.withoutMetadata(ctx, id, dir)
	}
	if err != nil {
		return OperatorInfo{}, fmt.Errorf("read state metadata: %w", err)
	}
	return decodeOperatorInfo(name, data)
}

// metadataFile is the newest file of the batch in _metadata/v2, or else the one file of version 1.
func (f Folder) metadataFile(ctx context.Context, dir string, batch int64) (string, error) {
	batches, err := f.numbers(ctx, path.Join(dir, "_metadata", "v2"))
	if err != nil {
		return "", err
	}
	for _, b := range slices.Backward(batches) {
		if b <= batch {
			return path.Join(dir, "_metadata", "v2", strconv.FormatInt(b, 10)), nil
		}
	}
	return path.Join(dir, "_metadata", "metadata"), nil
}

// withoutMetadata finds the stores by their folders.
func (f Folder) withoutMetadata(ctx context.Context, id int, dir string) (OperatorInfo, error) {
	info := OperatorInfo{ID: id}
	partitions, err := f.Partitions(ctx, id)
	if err != nil {
		return info, err
	}
	names, err := f.folders(ctx, path.Join(dir, "0"))
	if err != nil {
		return info, err
	}
	for _, name := range names {
		if name != "SSTs" { // of RocksDB
			info.Stores = append(info.Stores, StoreInfo{Name: name, Partitions: partitions})
		}
	}
	if len(info.Stores) == 0 {
		info.Stores = []StoreInfo{{Name: defaultStore, Partitions: partitions}}
	}
	return info, nil
}

// Partitions is how many partitions an operator has.
func (f Folder) Partitions(ctx context.Context, operator int) (int, error) {
	found, err := f.numbers(ctx, path.Join(f.Dir, strconv.Itoa(operator)))
	return len(found), err
}

// PartitionDir is the folder of one partition of a store.
func (f Folder) PartitionDir(operator, partition int, store string) string {
	dir := path.Join(f.Dir, strconv.Itoa(operator), strconv.Itoa(partition))
	if store == defaultStore {
		return dir
	}
	return path.Join(dir, store)
}

// Schema reads the key and value schema of a store. One that has none, as Spark before 3.1 left it, is fs.ErrNotExist.
func (f Folder) Schema(ctx context.Context, operator int, store string) (key, value types.Struct, err error) {
	name := path.Join(f.PartitionDir(operator, 0, store), "_metadata", "schema")
	data, err := volumes.ReadFileMax(ctx, f.Store, name, maxMetadataBytes)
	if err != nil {
		return key, value, fmt.Errorf("read state schema: %w", err)
	}
	if key, value, err = decodeSchemas(data); err != nil {
		err = fmt.Errorf("read state schema %s: %w", name, err)
	}
	return key, value, err
}

// numbers lists what has a number for its name, in order.
func (f Folder) numbers(ctx context.Context, dir string) (found []int64, err error) {
	err = f.each(ctx, dir, func(info volumes.Info) {
		if n, err := strconv.ParseUint(path.Base(info.Name), 10, 31); err == nil {
			found = append(found, int64(n))
		}
	})
	slices.Sort(found)
	return found, err
}

// folders lists the folders in a folder.
func (f Folder) folders(ctx context.Context, dir string) (found []string, err error) {
	err = f.each(ctx, dir, func(info volumes.Info) {
		if info.IsDir {
			found = append(found, path.Base(info.Name))
		}
	})
	return found, err
}

// each visits what lies directly in a folder, but for what is hidden; nothing where there is none.
func (f Folder) each(ctx context.Context, dir string, visit func(volumes.Info)) error {
	for info, err := range f.Store.List(ctx, dir, volumes.ListOptions{Dirs: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list state: %w", err)
		}
		visit(info)
	}
	return nil
}

// operatorMetadataV2 is _metadata/v2/<batch>; the schema files that it names lie in _stateSchema.
type operatorMetadataV2 struct {
	OperatorInfo struct {
		OperatorID   int    `json:"operatorId"`
		OperatorName string `json:"operatorName"`
	} `json:"operatorInfo"`
	StateStoreInfo []storeInfo `json:"stateStoreInfo"`
	Properties     string      `json:"operatorPropertiesJson"`
}

var operatorMetadatasV2 = exactjson.For[operatorMetadataV2]()

func decodeOperatorInfo(name string, data []byte) (OperatorInfo, error) {
	version, text, _ := strings.Cut(string(data), "\n")
	var m operatorMetadataV2
	var info OperatorInfo
	switch version {
	case "v1":
		info.Version = 1
	case "v2":
		info.Version = 2
	default:
		return info, errclass.InvalidLogVersion.New("UnsupportedLogVersion. The maximum supported log version is v2, but encountered %.20q in %s.", version, name)
	}
	if operatorMetadatasV2.Unmarshal([]byte(text), &m) != nil || len(m.StateStoreInfo) == 0 {
		return info, errclass.MalformedLogFile.New("Log file was malformed: %s holds no state metadata of version %s.", name, version)
	}
	info.ID, info.Name, info.Properties = m.OperatorInfo.OperatorID, m.OperatorInfo.OperatorName, m.Properties
	for _, s := range m.StateStoreInfo {
		if s.NumPartitions < 1 || s.NumPartitions > maxPartitions {
			return info, errclass.MalformedLogFile.New("Log file was malformed: %s speaks of %d partitions.", name, s.NumPartitions)
		}
		if strings.ContainsAny(s.StoreName, "/\\") || s.StoreName == "" || s.StoreName == "." || s.StoreName == ".." {
			return info, errclass.MalformedLogFile.New("Log file was malformed: %s names a store %.40q.", name, s.StoreName)
		}
		info.Stores = append(info.Stores, StoreInfo{Name: s.StoreName, PrefixColumns: s.NumColsPrefixKey, Partitions: s.NumPartitions})
	}
	return info, nil
}
