package deltalog

import (
	"encoding/json"
	"fmt"
	"strconv"

	"lakehouse/internal/errclass"
)

// WritesDeletionVectors reports whether rows of a table with that metadata are to be taken out by deletion vectors. The property alone
// says nothing where the protocol does not make readers look at them.
func (p *Protocol) WritesDeletionVectors(m *Metadata) bool {
	return p.Supports("deletionVectors") && propertyIs(propVectors, "true")(m)
}

// SetDeletionVector gives a data file of the table another deletion vector: the file with its old one is removed, and added with the
// new one, which holds also the rows of the old. Bounds of its statistics stay, and are no longer tight. A nil vector brings all rows
// back.
func (x *Txn) SetDeletionVector(file AddFile, vector *DeletionVector) error {
	marked, err := file.WithDeletionVector(vector)
	if err != nil {
		return err
	}
	x.Remove(file)
	x.Add(marked)
	return nil
}

// WithDeletionVector is the file with another vector. The file must have statistics that tell the number of its rows, as the
// specification wants it.
func (a *AddFile) WithDeletionVector(vector *DeletionVector) (AddFile, error) {
	marked := *a
	marked.DeletionVector, marked.DataChange = vector, true
	stats, err := looseStats(a.Stats, vector == nil)
	if err != nil {
		return marked, fmt.Errorf("file %s: %w", a.Path, err)
	}
	marked.Stats = stats
	return marked, nil
}

// looseStats is statistics that say whether their bounds are those of rows that are there.
func looseStats(stats string, tight bool) (string, error) {
	told := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(stats), &told); err != nil || len(told["numRecords"]) == 0 {
		return "", errclass.DeltaVectorRecords.New("It is invalid to commit files with deletion vectors that are missing the numRecords statistic.")
	}
	told["tightBounds"] = strconv.AppendBool(nil, tight)
	var out members
	for _, name := range []string{"numRecords", "minValues", "maxValues", "nullCount", "tightBounds"} {
		if v := told[name]; len(v) > 0 {
			out.put(name, v)
		}
	}
	return string(out.object()), nil
}
