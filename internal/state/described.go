package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A Description is what an operator says of itself beside its stores, in metadata of version 2: a file in _metadata/v2 for
// the first batch of each description. Its stores may become more from one run to the next, and fewer.
type Description struct {
	Properties string                    // JSON
	Follows    func(before string) error // refuses to follow a description; may be nil
}

// settleDescription finds the newest description of at most the version and compares it, or writes that of the spec. It gives
// the number of partitions, and with which version each store came into being.
func settleDescription(ctx context.Context, spec Spec, opts OpenOptions, dir string) (partitions int, born map[string]int64, err error) {
	folder := Folder{Store: opts.Store, Dir: opts.Dir}
	batches, err := folder.numbers(ctx, path.Join(dir, "_metadata", "v2"))
	if err != nil {
		return 0, nil, err
	}
	batches = slices.DeleteFunc(batches, func(b int64) bool { return b > opts.Version })
	partitions, born = opts.Partitions, map[string]int64{}
	var last OperatorInfo
	for _, b := range batches {
		if last, err = folder.described(ctx, dir, b); err != nil {
			return 0, nil, err
		}
		partitions = last.Stores[0].Partitions
		for _, s := range last.Stores {
			if _, ok := born[s.Name]; !ok {
				born[s.Name] = b
			}
		}
	}
	if len(batches) > 0 {
		if err := spec.follows(last); err != nil {
			return 0, nil, err
		}
	}
	for _, s := range spec.stores() {
		if _, ok := born[s.name()]; !ok {
			born[s.name()] = opts.Version
		}
	}
	if len(batches) > 0 && last.Properties == spec.Description.Properties {
		return partitions, born, nil
	}
	return partitions, born, spec.describe(ctx, opts, dir, partitions)
}

func (f Folder) described(ctx context.Context, dir string, batch int64) (OperatorInfo, error) {
	name := path.Join(dir, "_metadata", "v2", strconv.FormatInt(batch, 10))
	data, err := volumes.ReadFileMax(ctx, f.Store, name, maxMetadataBytes)
	if err != nil {
		return OperatorInfo{}, fmt.Errorf("read state metadata: %w", err)
	}
	return decodeOperatorInfo(name, data)
}

func (s Spec) follows(before OperatorInfo) error {
	if before.Name != s.Name {
		return operatorMismatch(before.ID, before.Name, s)
	}
	if s.Description.Follows == nil {
		return nil
	}
	return s.Description.Follows(before.Properties)
}

// describe writes the description for the batch at whose version it stands. A batch that was cut short may have left another.
func (s Spec) describe(ctx context.Context, opts OpenOptions, dir string, partitions int) error {
	var m operatorMetadataV2
	m.OperatorInfo.OperatorID, m.OperatorInfo.OperatorName, m.Properties = s.Operator, s.Name, s.Description.Properties
	for _, st := range s.stores() {
		m.StateStoreInfo = append(m.StateStoreInfo, storeInfo{st.name(), st.PrefixColumns, partitions})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write state metadata: %w", err)
	}
	name := path.Join(dir, "_metadata", "v2", strconv.FormatInt(opts.Version, 10))
	data := append([]byte("v2\n"), text...)
	err = opts.Store.PutIfAbsent(ctx, name, data)
	if errors.Is(err, fs.ErrExist) {
		found, readErr := volumes.ReadFileMax(ctx, opts.Store, name, maxMetadataBytes)
		if readErr == nil && bytes.Equal(found, data) {
			return nil
		}
		err = opts.Store.Put(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("write state metadata: %w", err)
	}
	return nil
}

func operatorMismatch(id int, name string, spec Spec) error {
	return errclass.StateOperatorMismatch.New(
		"Streaming stateful operator name does not match with the operator in state metadata. "+
			"This likely to happen when user adds/removes/changes stateful operator of existing streaming query. "+
			"Stateful operators in the metadata: [(OperatorId: %d -> OperatorName: %s)]; Stateful operators in current batch: [(OperatorId: %d -> OperatorName: %s)].",
		id, name, spec.Operator, spec.Name).
		WithHint("Give the changed query a checkpoint of its own.")
}
