package main

// A request asks a worker to do something: one line of JSON. What a thing to do has no use for is left away.
type request struct {
	Do      string            `json:"do"`
	Landing string            `json:"landing,omitempty"` // the folder of the source's files
	Spare   string            `json:"spare,omitempty"`   // files that the worker moves to landing, one after another
	Out     string            `json:"out,omitempty"`     // an empty folder for the worker's tables
	Table   string            `json:"table,omitempty"`
	Query   string            `json:"query,omitempty"`
	Right   string            `json:"right,omitempty"` // the folder of the second source's files
	Threads int               `json:"threads,omitempty"`
	Writers int               `json:"writers,omitempty"`
	Times   int               `json:"times,omitempty"` // how often, by each writer
	Tables  map[string]string `json:"tables,omitempty"`
}

// An answer is what the worker measured, by its own clock, and where it wrote.
type answer struct {
	Ready     bool              `json:"ready,omitempty"` // of the first line, which answers nothing
	Error     string            `json:"error,omitempty"`
	Seconds   float64           `json:"seconds,omitempty"`
	WithFiles float64           `json:"with_files,omitempty"` // seconds
	Files     int               `json:"files,omitempty"`
	Version   int64             `json:"version,omitempty"`
	Dropped   int               `json:"dropped,omitempty"` // commits that failed
	Rows      int64             `json:"rows,omitempty"`
	StateRows int64             `json:"state_rows,omitempty"` // after the last batch
	Updated   int64             `json:"updated,omitempty"`    // rows of state, over all batches
	Batches   []float64         `json:"batches,omitempty"`    // ms of each batch by the engine's own progress
	Arrivals  []float64         `json:"arrivals,omitempty"`   // ms from each file's arrival to the settled query; or of each append
	Tables    map[string]string `json:"tables,omitempty"`
	Found     map[string]any    `json:"found,omitempty"` // what was read of tables
}
