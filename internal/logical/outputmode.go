package logical

// OutputMode says what a streaming query hands to its sink.
type OutputMode uint8

// The output modes.
const (
	Append OutputMode = iota
	Update
	Complete
)

// String is the mode as Spark's errors and progress write it: "Append".
func (m OutputMode) String() string { return [...]string{"Append", "Update", "Complete"}[m] }
