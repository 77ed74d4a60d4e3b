package plan

import "lakehouse/internal/types"

// A GroupOperation is the operation of Spark as which a TransformWithState was written: they have different output modes.
type GroupOperation uint8

// The operations.
const (
	AsTransformWithState GroupOperation = iota
	AsFlatMapGroupsWithState
	AsMapGroupsWithState
)

// TransformWithState gives the rows of each key to a processor, which keeps state and makes other rows.
type TransformWithState struct {
	Input     Relation
	Grouping  []Expression
	Processor any          // a logical.Processor, whose package stands above this one
	Output    types.Struct // the rows that it makes
	As        GroupOperation
	Update    bool // of groups with state: the function's own output mode is update, and not append
	EventTime bool // timers or timeouts go by event time
	// Initial are rows that the processor gets before the first batch's, by the same number of keys; nil: none.
	Initial         Relation
	InitialGrouping []Expression
}

func (*TransformWithState) isRelation() {}
