package logical

import (
	"slices"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// pruneColumns removes the columns that nothing above reads, down to the sources.
func pruneColumns(node Node) Node {
	all := newWanted(len(node.Schema().Fields))
	for i := range all {
		all[i] = true
	}
	out, _ := prune(node, all)
	return out
}

// wanted marks the columns of a node that are read above it.
type wanted []bool

func newWanted(n int) wanted { return make(wanted, n) }

func (w wanted) read(exprs ...expr.Expr) {
	for _, e := range exprs {
		columnsIn(e, func(i int) { w[i] = true })
	}
}

// places is where each column of a node has gone; -1: it is gone.
type places []int

func (p places) move(e expr.Expr) expr.Expr {
	return moved(e, func(i int) int { return p[i] })
}

func samePlaces(n int) places {
	p := make(places, n)
	for i := range p {
		p[i] = i
	}
	return p
}

// prune makes a node that has the wanted columns, in their order, and perhaps others, and says where each
// has gone.
func prune(node Node, w wanted) (Node, places) {
	switch n := node.(type) {
	case *Relation:
		return pruneRelation(n, w)
	case *StreamRelation:
		return pruneStream(n, w)
	case *Project:
		return pruneProject(n, w)
	case *Aggregate:
		return pruneAggregate(n, w)
	case *Generate:
		return pruneGenerate(n, w)
	case *Expand:
		return pruneExpand(n, w)
	case *Join:
		return pruneJoin(n, w)
	case *Window:
		return pruneWindow(n, w)
	case *Union:
		return pruneUnion(n, w)
	case *Filter, *Sort, *Limit, *Offset:
		return pruneThrough(node, w)
	case *Watermark:
		return pruneWatermark(n, w)
	case *Deduplicate:
		return pruneDeduplicate(n, w)
	}
	return pruneNothing(node)
}

// narrowed is the wanted columns by name; nil where these are all. Names that are not unique cannot
// be asked for.
func narrowed(schema types.Struct, w wanted) ([]string, places) {
	seen := map[string]bool{}
	names := []string{}
	to := make(places, len(w))
	for i, f := range schema.Fields {
		if seen[f.Name] {
			return nil, samePlaces(len(w))
		}
		seen[f.Name] = true
		to[i] = -1
		if w[i] {
			to[i] = len(names)
			names = append(names, f.Name)
		}
	}
	return names, to
}

func pruneRelation(n *Relation, w wanted) (Node, places) {
	names, to := narrowed(n.Schema(), w)
	if names == nil || len(names) == len(w) && len(n.Hidden) == 0 {
		return n, samePlaces(len(w))
	}
	out := *n
	out.Options.Columns = names
	return &out, to
}

func pruneStream(n *StreamRelation, w wanted) (Node, places) {
	names, to := narrowed(n.Schema(), w)
	if names == nil || len(names) == len(w) && len(n.Hidden) == 0 {
		return n, samePlaces(len(w))
	}
	out := *n
	out.Options.Columns = names
	return &out, to
}

// pruneThrough is for nodes with the columns of their input, some of which they read.
func pruneThrough(node Node, w wanted) (Node, places) {
	below := append(wanted(nil), w...)
	eachExpr(node, func(e expr.Expr) { below.read(e) })
	input, to := prune(node.Children()[0], below)
	return mapExprs(node.WithChildren([]Node{input}), to.move), to
}

func pruneWatermark(n *Watermark, w wanted) (Node, places) {
	below := append(wanted(nil), w...)
	below[n.Column] = true
	input, to := prune(n.Input, below)
	return &Watermark{Input: input, Column: to[n.Column], DelayMicros: n.DelayMicros, Delay: n.Delay, Of: n.Of}, to
}

// pruneDeduplicate is for streams, where each row of the input is looked at by its keys alone.
func pruneDeduplicate(n *Deduplicate, w wanted) (Node, places) {
	if !IsStreaming(n.Input) {
		return pruneNothing(n)
	}
	below := append(wanted(nil), w...)
	for _, c := range n.Columns {
		below[c] = true
	}
	if c := firstTime(EventTimes(n.Input)); n.WithinWatermark && c >= 0 {
		below[c] = true
	}
	input, moves := prune(n.Input, below)
	input, to := exactlyMoved(input, moves, below)
	out := &Deduplicate{Input: input, Columns: make([]int, len(n.Columns)), WithinWatermark: n.WithinWatermark}
	for i, c := range n.Columns {
		out.Columns[i] = to[c]
	}
	return out, to
}

func pruneProject(n *Project, w wanted) (Node, places) {
	out := &Project{}
	below := newWanted(len(n.Input.Schema().Fields))
	to := make(places, len(w))
	for i, c := range n.Columns {
		to[i] = -1
		if w[i] {
			to[i] = len(out.Columns)
			out.Columns = append(out.Columns, c)
			below.read(c.Expr)
		}
	}
	input, moves := prune(n.Input, below)
	out.Input = input
	out.Columns = mapNamed(out.Columns, moves.move)
	return out, to
}

func pruneAggregate(n *Aggregate, w wanted) (Node, places) {
	out := &Aggregate{Keys: n.Keys, Session: n.Session}
	below := newWanted(len(n.Input.Schema().Fields))
	to := samePlaces(len(w))
	for _, k := range n.Keys {
		below.read(k.Expr)
	}
	for i, c := range n.Calls {
		at := len(n.Keys) + i
		if !w[at] && !IsStreaming(n.Input) { // a stream's state keeps its layout
			to[at] = -1
			continue
		}
		to[at] = len(n.Keys) + len(out.Calls)
		out.Calls = append(out.Calls, c)
		below.read((&aggregateCall{c}).Children()...)
	}
	input, moves := prune(n.Input, below)
	out.Input = input
	return mapExprs(out, moves.move), to
}

// pruneGenerate also drops, behind the generator, what only the generator reads: every row that it makes
// would carry it.
func pruneGenerate(n *Generate, w wanted) (Node, places) {
	if n.Drop != nil {
		return pruneNothing(n)
	}
	width := len(n.Input.Schema().Fields)
	below := append(wanted(nil), w[:width]...)
	below.read(n.Generator.Args()...)
	input, moves := prune(n.Input, below)
	out := mapExprs(&Generate{Input: input, Generator: n.Generator, Outer: n.Outer, Names: n.Names, window: n.window}, moves.move).(*Generate)
	out.Drop = make([]bool, len(input.Schema().Fields))
	for i := range out.Drop {
		out.Drop[i] = true
	}
	for from, at := range moves {
		if at >= 0 && w[from] {
			out.Drop[at] = false
		}
	}
	carried := out.carried()
	to := make(places, len(w))
	for i := range w {
		switch {
		case i >= width:
			to[i] = len(carried) + i - width
		case w[i]:
			to[i] = slices.Index(carried, moves[i])
		default:
			to[i] = -1
		}
	}
	return out, to
}

func pruneExpand(n *Expand, w wanted) (Node, places) {
	out := &Expand{Projections: make([][]expr.Expr, len(n.Projections))}
	below := newWanted(len(n.Input.Schema().Fields))
	to := make(places, len(w))
	for i, f := range n.Columns.Fields {
		to[i] = -1
		if !w[i] {
			continue
		}
		to[i] = len(out.Columns.Fields)
		out.Columns.Fields = append(out.Columns.Fields, f)
		for p := range n.Projections {
			out.Projections[p] = append(out.Projections[p], n.Projections[p][i])
			below.read(n.Projections[p][i])
		}
	}
	input, moves := prune(n.Input, below)
	out.Input = input
	return mapExprs(out, moves.move), to
}

func pruneJoin(n *Join, w wanted) (Node, places) {
	width := len(n.Left.Schema().Fields)
	all := newWanted(width + len(n.Right.Schema().Fields))
	copy(all, w)
	if n.Condition != nil {
		all.read(n.Condition)
	}
	left, right := all[:width], all[width:]
	for _, k := range n.Keys {
		left.read(k.Left)
		right.read(k.Right)
	}
	prunedLeft, leftMoves := prune(n.Left, left)
	prunedRight, rightMoves := prune(n.Right, right)
	if IsStreaming(n.Left) && IsStreaming(n.Right) { // what is remembered is what is read, and no more
		prunedLeft, leftMoves = exactlyMoved(prunedLeft, leftMoves, left)
		prunedRight, rightMoves = exactlyMoved(prunedRight, rightMoves, right)
	}
	both := append(places(nil), leftMoves...)
	newWidth := len(prunedLeft.Schema().Fields)
	for _, p := range rightMoves {
		if p >= 0 {
			p += newWidth
		}
		both = append(both, p)
	}
	out := &Join{Left: prunedLeft, Right: prunedRight, Type: n.Type}
	for _, k := range n.Keys {
		out.Keys = append(out.Keys, JoinKey{Left: leftMoves.move(k.Left), Right: rightMoves.move(k.Right), NullSafe: k.NullSafe})
	}
	if n.Condition != nil {
		out.Condition = both.move(n.Condition)
	}
	if n.Type == plan.LeftSemiJoin || n.Type == plan.LeftAntiJoin {
		both = both[:width]
	}
	return out, both
}

func pruneWindow(n *Window, w wanted) (Node, places) {
	width := len(n.Input.Schema().Fields)
	below := append(wanted(nil), w[:width]...)
	eachExpr(n, func(e expr.Expr) { below.read(e) })
	input, moves := prune(n.Input, below)
	out := mapExprs(&Window{Input: input, PartitionBy: n.PartitionBy, OrderBy: n.OrderBy, Calls: n.Calls}, moves.move)
	to := append(places(nil), moves...)
	for i := range n.Calls {
		to = append(to, len(input.Schema().Fields)+i)
	}
	return out, to
}

// pruneUnion leaves the same columns in all inputs: what an input cannot leave out, a projection does.
func pruneUnion(n *Union, w wanted) (Node, places) {
	out := &Union{}
	to := make(places, len(w))
	next := 0
	for i := range w {
		to[i] = -1
		if w[i] {
			to[i] = next
			next++
		}
	}
	for _, in := range n.Inputs {
		pruned, moves := prune(in, w)
		out.Inputs = append(out.Inputs, exactly(pruned, moves, w))
	}
	return out, to
}

// exactlyMoved is exactly, and says where the columns are then.
func exactlyMoved(node Node, moves places, w wanted) (Node, places) {
	to, next := make(places, len(w)), 0
	for i, wanted := range w {
		to[i] = -1
		if wanted {
			to[i] = next
			next++
		}
	}
	return exactly(node, moves, w), to
}

// exactly projects a pruned node to the wanted columns alone.
func exactly(node Node, moves places, w wanted) Node {
	schema := node.Schema()
	var columns []Named
	inPlace := true
	for i, wanted := range w {
		if wanted {
			at := moves[i]
			inPlace = inPlace && at == len(columns)
			columns = append(columns, Named{Expr: columnOf(schema, at), Name: schema.Fields[at].Name, Metadata: schema.Fields[at].Metadata})
		}
	}
	if inPlace && len(columns) == len(schema.Fields) {
		return node
	}
	return &Project{Input: node, Columns: columns}
}

// pruneNothing is for nodes that need all columns of their inputs; below them pruning starts anew.
func pruneNothing(node Node) (Node, places) {
	children := node.Children()
	pruned := make([]Node, len(children))
	for i, c := range children {
		all := newWanted(len(c.Schema().Fields))
		for j := range all {
			all[j] = true
		}
		out, moves := prune(c, all)
		pruned[i] = exactly(out, moves, all)
	}
	if len(children) > 0 {
		node = node.WithChildren(pruned)
	}
	return node, samePlaces(len(node.Schema().Fields))
}
