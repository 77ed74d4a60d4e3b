package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
)

// selectionNodes builds the nodes below a select list, one kind after the other; the items are over
// what has been built.
type selectionNodes struct {
	*resolver
	node  Node
	items []Named
}

func (b *selectionNodes) exprs() []expr.Expr {
	exprs := make([]expr.Expr, len(b.items))
	for i, item := range b.items {
		exprs[i] = item.Expr
	}
	return exprs
}

func (b *selectionNodes) plantSubqueries() error {
	node, exprs, err := b.plant(b.node, b.exprs())
	if err != nil {
		return err
	}
	b.node = node
	for i, e := range exprs {
		b.items[i].Expr = e
	}
	return nil
}

// windows puts a node below for each partition and order that window functions use.
func (b *selectionNodes) windows() error {
	for {
		next := b.nextWindow()
		if next == nil {
			return nil
		}
		width := len(b.node.Schema().Fields)
		node := &Window{Input: b.node, PartitionBy: next.partitionBy, OrderBy: next.orderBy}
		for i, item := range b.items {
			out, err := rewrite(item.Expr, func(e expr.Expr) (expr.Expr, error) {
				call, ok := e.(*windowCall)
				if !ok || !call.sameWindow(next) || has[*windowCall](call.arguments()) {
					return nil, nil
				}
				return expr.NewColumn(width+node.add(call.WindowCall), call.Text, call.DataType, call.Null), nil
			})
			if err != nil {
				return err
			}
			b.items[i].Expr = out
		}
		b.node = node
	}
}

// nextWindow is a window function that does not wait for another.
func (b *selectionNodes) nextWindow() *windowCall {
	var next *windowCall
	for _, item := range b.items {
		contains(item.Expr, func(e expr.Expr) bool {
			call, ok := e.(*windowCall)
			if ok && next == nil && !has[*windowCall](call.arguments()) {
				next = call
			}
			return false
		})
	}
	return next
}

// add is the place of a call among the node's, where it is added if missing.
func (n *Window) add(call WindowCall) int {
	for i, known := range n.Calls {
		if Same(&windowCall{WindowCall: known}, &windowCall{WindowCall: call}) {
			return i
		}
	}
	n.Calls = append(n.Calls, call)
	return len(n.Calls) - 1
}

// generators puts a node below for each generator among the items, which then stand for its columns.
// names are those that an item's alias gives.
func (b *selectionNodes) generators(names [][]string) error {
	var items []Named
	for i, item := range b.items {
		call, ok := item.Expr.(*generatorCall)
		if !ok {
			if has[*generatorCall](item.Expr) {
				return errclass.NestedGenerator.New("The generator is not supported: nested in expressions \"%s\".", item.Expr)
			}
			items = append(items, item)
			continue
		}
		width := len(b.node.Schema().Fields)
		generate, err := newGenerate(b.node, call, names[i])
		if err != nil {
			return err
		}
		b.node = generate
		schema := generate.Schema()
		for at := width; at < len(schema.Fields); at++ {
			items = append(items, Named{Expr: columnOf(schema, at), Name: schema.Fields[at].Name})
		}
	}
	b.items = items
	return nil
}

// newGenerate makes a generator's node; the names, if there are any, are for its columns.
func newGenerate(input Node, call *generatorCall, names []string) (*Generate, error) {
	made := call.generator.Schema()
	if names == nil {
		names = made.Names()
	}
	if len(names) != len(made.Fields) {
		return nil, errclass.UDTFAliases.New(
			"The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF: expected %d aliases but got %d.",
			len(made.Fields), len(names))
	}
	return &Generate{Input: input, Generator: call.generator, Outer: call.outer, Names: names}, nil
}
