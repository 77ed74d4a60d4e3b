package plan

import "lakehouse/internal/types"

// TransformWithState gives the rows of each key to a processor, which keeps state and makes other rows.
type TransformWithState struct {
	Input     Relation
	Grouping  []Expression
	Processor any          // a logical.Processor, whose package stands above this one
	Output    types.Struct // the rows that it makes
	// Initial are rows that the processor gets before the first batch's, by the same number of keys; nil: none.
	Initial         Relation
	InitialGrouping []Expression
}

func (*TransformWithState) isRelation() {}
