package logical

// WithStreams puts another streaming leaf in the place of each. A leaf that is read in several places stays one.
func WithStreams(node Node, other func(*StreamRelation) *StreamRelation) Node {
	made := map[*StreamRelation]*StreamRelation{}
	return transform(node, func(n Node) Node {
		s, ok := n.(*StreamRelation)
		if !ok {
			return n
		}
		if made[s] == nil {
			made[s] = other(s)
		}
		return made[s]
	})
}
