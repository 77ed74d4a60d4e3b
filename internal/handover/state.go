package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// knownOperators are the stateful operators that this engine runs on Spark's state.
var knownOperators = []string{
	"stateStoreSave", "dedupe", "dedupeWithinWatermark", "symmetricHashJoin", "sessionWindowStateStoreSaveExec", "globalLimit",
}

// state looks into every partition of every store: what cannot be read is better known now.
func (i *inspection) state(ctx context.Context) error {
	if i.report.Refused() {
		return nil
	}
	for _, op := range i.operators {
		part := fmt.Sprintf("state %d", op.ID)
		if op.Version == 0 {
			i.report.fine(part, "no metadata, as Spark before 4.0 leaves it", "they are written with the next batch")
		} else if !slices.Contains(knownOperators, op.Name) {
			i.report.refuse(part, op.Name, "this engine keeps no state for the operator in Spark's form")
			continue
		}
		for _, st := range op.Stores {
			if err := i.store(ctx, part, op, st); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *inspection) store(ctx context.Context, part string, op state.OperatorInfo, st state.StoreInfo) error {
	what := strings.TrimSpace(op.Name + " " + st.Name)
	key, value, err := i.stateFolder().Schema(ctx, op.ID, st.Name)
	if errors.Is(err, fs.ErrNotExist) {
		i.report.refuse(part, what+": no schema", "Spark before 3.1 kept none: let a newer Spark run a batch first")
		return nil
	}
	if err != nil {
		return err
	}
	version := i.committed + 1
	rows := 0
	for p := range st.Partitions {
		view, err := i.stateFolder().LoadView(ctx, i.stateFolder().PartitionDir(op.ID, p, st.Name), version)
		if errors.Is(err, errclass.StateDeltaMissing) || errors.Is(err, errclass.StateUnreadable) {
			i.report.refuse(part, what, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		n, wrong := decodable(view, key, value)
		if wrong != nil {
			i.report.refuse(part, what, fmt.Sprintf("partition %d: %v", p, wrong))
			return nil
		}
		rows += n
	}
	i.report.fine(part, fmt.Sprintf("%s: %d rows in %d partitions, version %d", what, rows, st.Partitions, version),
		fmt.Sprintf("key %s; value %s", types.ToDDL(key), types.ToDDL(value)))
	return nil
}

const decodedAtOnce = 8192 // entries

// decodable counts a partition's rows, all of which must be of their schemas.
func decodable(view *state.View, key, value types.Struct) (rows int, err error) {
	for keys, values := range view.Entries(decodedAtOnce) {
		if _, err := state.DecodeRows(keys, key.Fields); err != nil {
			return 0, fmt.Errorf("a key is not of its schema: %w", err)
		}
		if _, err := state.DecodeRows(values, value.Fields); err != nil {
			return 0, fmt.Errorf("a value is not of its schema: %w", err)
		}
		rows += len(keys)
	}
	return rows, nil
}
