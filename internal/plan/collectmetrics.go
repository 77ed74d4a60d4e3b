package plan

// CollectMetrics passes a relation's rows on, and tells aggregates of them under a name.
type CollectMetrics struct {
	Input   Relation
	Name    string
	Metrics []Expression
}

func (*CollectMetrics) isRelation() {}
