package stream

import (
	"encoding/json"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/datetime"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
)

// observe keeps the metrics of a name, as Spark's Row.json writes them: times in the session's zone, to the second. Where there are
// several of one name they are the same.
func (c *counted) observe(zone *time.Location, name string, metrics arrow.RecordBatch) {
	schema, err := types.FromArrowSchema(metrics.Schema())
	if err != nil {
		return // not reachable: the schema was made of Spark's types
	}
	row := jsonio.NewEncoder(schema, jsonio.EncodeOptions{KeepNulls: true, Timestamp: datetime.PlainTimestamp, Zone: zone}).AppendRow(nil, metrics, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.observed == nil {
		c.observed = map[string]json.RawMessage{}
	}
	c.observed[name] = row
}
