package expr

var higherOrder = map[string]bool{}

func buildHigherOrder(_ *BuildContext, name string, _ []Expr) (Expr, error) {
	return nil, unresolvedRoutine(name)
}
