package stream

import (
	"encoding/json"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
)

// observe keeps the metrics of a name. Where there are several of one name they are the same.
func (c *counted) observe(name string, metrics arrow.RecordBatch) {
	schema, err := types.FromArrowSchema(metrics.Schema())
	if err != nil {
		return // not reachable: the schema was made of Spark's types
	}
	row := jsonio.NewEncoder(schema, jsonio.EncodeOptions{KeepNulls: true}).AppendRow(nil, metrics, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.observed == nil {
		c.observed = map[string]json.RawMessage{}
	}
	c.observed[name] = row
}
