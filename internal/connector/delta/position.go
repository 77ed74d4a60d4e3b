package delta

import (
	"fmt"
	"time"
)

// A Position is how far a query has read a table, as its checkpoint has it.
type Position struct {
	TableID string // of the table's metadata
	at      offset
}

// ParsePosition reads an offset of a checkpoint; ok is false for one of another kind of source.
func ParsePosition(text []byte) (p Position, ok bool) {
	var told offsetText
	err := offsetTexts.Unmarshal(text, &told)
	p.at = told.offset()
	p.TableID = p.at.ReservoirID
	return p, err == nil && p.TableID != ""
}

// String tells the position in words.
func (p Position) String() string {
	v, files := p.at.ReservoirVersion, p.at.firstFile()
	switch {
	case p.at.Ordered:
		return fmt.Sprintf("of what version %d holds, the rows before %s", v, time.UnixMilli(p.at.EventTimeMillis).UTC().Format(time.RFC3339Nano))
	case p.at.IsStartingVersion && files > 0:
		return fmt.Sprintf("the first %d files of what version %d holds", files, v)
	case p.at.IsStartingVersion:
		return fmt.Sprintf("nothing yet of what version %d holds", v)
	case files > 0:
		return fmt.Sprintf("all before version %d, and the first %d files of that", v, files)
	case v == 0:
		return "nothing yet"
	}
	return fmt.Sprintf("all up to version %d", v-1)
}
