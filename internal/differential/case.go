package differential

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Case is a streaming query and what arrives while it runs.
type Case struct {
	Name    string            `json:"name"`
	Mode    string            `json:"mode"`
	Conf    map[string]string `json:"conf,omitempty"`
	Sources []Input           `json:"sources"`
	Tables  []Input           `json:"tables,omitempty"` // at rest
	Views   []View            `json:"views"`            // each may use those before it; the last is the query
	Runs    []Run             `json:"runs"`
}

// An Input is a folder of JSON files.
type Input struct {
	Name   string   `json:"name"`
	Schema string   `json:"schema"`
	Rows   []string `json:"rows,omitempty"` // of a table at rest
}

// A View is a query by name: SQL text, or a view before it, with the steps that SQL has no words for.
type View struct {
	Name                          string    `json:"name"`
	SQL                           string    `json:"sql,omitempty"`
	Of                            string    `json:"of,omitempty"`
	Watermark                     []string  `json:"watermark,omitempty"` // column, delay
	DropDuplicates                *[]string `json:"dropDuplicates,omitempty"`
	DropDuplicatesWithinWatermark *[]string `json:"dropDuplicatesWithinWatermark,omitempty"`
	Limit                         int       `json:"limit,omitempty"`
}

// A Run is one start of the query, until it has read everything that is there: one file of each source a batch.
type Run []Files

// Files are the lines of the file that each source gets; a source that is not named gets none.
type Files map[string][]string

// An Answer is what an engine made of a case.
type Answer struct {
	Case    string  `json:"case"`
	Schema  string  `json:"schema,omitempty"`
	Batches []Batch `json:"batches"`
	Error   string  `json:"error,omitempty"` // the class of what ended the query
	Message string  `json:"message,omitempty"`
}

// A Batch is what one micro-batch gave and told of itself.
type Batch struct {
	ID        int64   `json:"id"`
	Rows      [][]any `json:"rows"`
	Watermark string  `json:"watermark"`
	Input     int64   `json:"input"`
	State     []State `json:"state"`
}

// State is what a stateful operator tells of a batch.
type State struct {
	Operator string `json:"operator"`
	Total    int64  `json:"total"`
	Updated  int64  `json:"updated"`
	Removed  int64  `json:"removed"`
	Dropped  int64  `json:"dropped"`
}

// Clone is a copy that shares nothing that shrinking changes.
func (c Case) Clone() Case {
	c.Views, c.Sources, c.Tables = slices.Clone(c.Views), slices.Clone(c.Sources), slices.Clone(c.Tables)
	runs := make([]Run, len(c.Runs))
	for i, run := range c.Runs {
		for _, files := range run {
			same := Files{}
			for name, lines := range files {
				same[name] = slices.Clone(lines)
			}
			runs[i] = append(runs[i], same)
		}
	}
	c.Runs = runs
	return c
}

// Size counts what a person has to look at.
func (c Case) Size() int {
	n := 0
	for _, run := range c.Runs {
		for _, files := range run {
			n += 10
			for _, lines := range files {
				n += 1 + len(lines)
			}
		}
		n += 20
	}
	for _, v := range c.Views {
		n += 5 + len(v.SQL)
	}
	for _, t := range c.Tables {
		n += len(t.Rows)
	}
	return n
}

// Text is the case as JSON.
func (c Case) Text() string {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Sprint(err) // not reachable: a case is plain data
	}
	return string(text)
}
