package interop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/types"
)

// Others read what we write, we read what others write, and all write to one table in turn.
func TestInterop(t *testing.T) {
	peers := startPeers(t)
	t.Run("TheyReadOurs", func(t *testing.T) { theyReadOurs(t, peers) })
	t.Run("TheyFilterOurs", func(t *testing.T) { theyFilterOurs(t, peers) })
	t.Run("WeReadRealTables", func(t *testing.T) { weReadRealTables(t, peers) })
	t.Run("WeReadTheirs", func(t *testing.T) { weReadTheirs(t, peers) })
	t.Run("AllWriteInTurn", func(t *testing.T) { allWriteInTurn(t, peers) })
	t.Run("NobodySeesATornTable", func(t *testing.T) { nobodySeesATornTable(t, peers) })
	told(t, peers)
}

func theyReadOurs(t *testing.T, peers []*peer) {
	l := newLake(t)
	l.runPipelines()
	l.writeTypes()
	l.writePartitions()
	l.writeHistory()
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range l.all {
				t.Run(at.name, func(t *testing.T) { l.check(t, p, at) })
			}
		})
	}
}

// check compares, but for the faults of readers that are known: those must still be there.
func (l *lake) check(t *testing.T, p *peer, at reading) {
	t.Helper()
	err := l.compare(t, p, at)
	for _, f := range faults {
		if !slices.Contains(strings.Fields(f.peers), p.name) || f.table != at.name {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), f.says) {
			t.Fatalf("the fault %q is there no more, or another: %v", f.why, err)
		}
		p.faults = append(p.faults, at.name+": "+f.why)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
}

// compare reads with both, and holds rows and schemas against each other.
func (l *lake) compare(t *testing.T, p *peer, at reading) error {
	t.Helper()
	schema, have, batches, err := l.read(t, at)
	if err != nil {
		t.Fatal("we:", err)
	}
	n := normal{limits: p.limits}
	ours, err := n.lines(schema, have, batches)
	if err != nil {
		t.Fatal("we:", err)
	}
	theirSchema, theirBatches, view, err := p.read(at)
	if err != nil {
		return err
	}
	theirs, err := (&normal{limits: p.limits}).lines(schema, theirSchema, theirBatches)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if diff := difference(ours, theirs); diff != "" {
		return fmt.Errorf("%s reads %d rows, we read %d: %s", p.name, len(theirs), len(ours), diff)
	}
	p.tally.add(at, schema, len(ours), n.cells)
	return sameSchema(p, schema, view)
}

// sameSchema compares the schema that a reader tells in Delta's own form: names, types, nullability, metadata but the protocol's own.
func sameSchema(p *peer, ours types.Struct, view json.RawMessage) error {
	if p.name != "Spark" && p.name != "delta-rs" {
		return nil
	}
	var text string
	if err := json.Unmarshal(view, &text); err != nil {
		return err
	}
	theirs, err := types.FromJSON([]byte(text))
	if err != nil {
		return err
	}
	if a, b := string(types.ToJSON(forUsers(ours).(types.Struct))), string(types.ToJSON(forUsers(theirs).(types.Struct))); a != b {
		return fmt.Errorf("%s sees the schema\n%s, ours is\n%s", p.name, b, a)
	}
	return nil
}

// forUsers is a type without what the protocol notes of its fields, which delta-rs tells, and Spark and we do not.
func forUsers(t types.Type) types.Type {
	return types.MapFields(t, func(f types.Field) types.Field {
		f.Metadata = maps.Clone(f.Metadata)
		maps.DeleteFunc(f.Metadata, func(key string, _ any) bool { return strings.HasPrefix(key, "delta.") })
		return f
	})
}

// difference tells the first lines, of sorted ones, that only one side has.
func difference(ours, theirs []string) string {
	const most = 3
	var onlyWe, onlyThey []string
	for len(ours) > 0 || len(theirs) > 0 {
		switch {
		case len(theirs) == 0 || len(ours) > 0 && ours[0] < theirs[0]:
			onlyWe, ours = append(onlyWe, ours[0]), ours[1:]
		case len(ours) == 0 || theirs[0] < ours[0]:
			onlyThey, theirs = append(onlyThey, theirs[0]), theirs[1:]
		default:
			ours, theirs = ours[1:], theirs[1:]
		}
	}
	if len(onlyWe)+len(onlyThey) == 0 {
		return ""
	}
	return fmt.Sprintf("%d lines are only ours, %d only theirs\nours\n  %s\ntheirs\n  %s", len(onlyWe), len(onlyThey),
		strings.Join(onlyWe[:min(most, len(onlyWe))], "\n  "), strings.Join(onlyThey[:min(most, len(onlyThey))], "\n  "))
}

// told prints what was compared.
func told(t *testing.T, peers []*peer) {
	t.Helper()
	var out strings.Builder
	fmt.Fprintf(&out, "%-11s %7s %6s %8s %9s %8s %7s\n", "reader", "tables", "types", "rows", "values", "filters", "writes")
	for _, p := range peers {
		fmt.Fprintf(&out, "%-11s %7d %6d %8d %9d %8d %7d\n", p.name, p.tally.tables, len(p.tally.types), p.tally.rows, p.tally.cells, p.tally.filters, p.tally.writes)
		for _, f := range p.faults {
			fmt.Fprintf(&out, "    a fault of %s: %s\n", p.name, f)
		}
		for _, l := range p.limits {
			fmt.Fprintf(&out, "    %d values within a limit of %s: %s, %s\n", l.met, p.name, l.name, l.why)
		}
	}
	t.Logf("compared:\n%s", out.String())
}
