package logical

// Optimize makes a plan cheaper without changing what it answers: conditions move down to what they
// read, sources give only the columns and, where statistics tell, the parts that are needed, and a
// limited sort keeps only what it has to.
func Optimize(node Node) Node {
	node = transform(node, joinConditions)
	node = pushFilters(node)
	node = transform(node, limitSort)
	node = pruneColumns(node)
	return transform(node, pushPredicates)
}
