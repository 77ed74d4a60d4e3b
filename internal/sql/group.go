package sql

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// maxSets bounds what CUBE of many columns, or several ROLLUPs, multiply to.
const maxSets = 4096

// groupBy: GROUP BY ALL | item, … [WITH (ROLLUP | CUBE) | GROUPING SETS '(' … ')'], where an item is
// expression | (ROLLUP | CUBE) '(' set, … ')' | GROUPING SETS '(' … ')'
func (p *parser) groupBy(a *plan.Aggregate) error {
	if p.is("all") && (p.peek(1).kind != kindSymbol || p.peek(1).key == ")" || p.peek(1).key == ";") {
		p.skip()
		a.All = true
		return nil
	}
	from := p.i
	items, err := list(p, p.groupingItem)
	if err != nil {
		return err
	}
	if err := p.copies(from, p.i, countSets(items)); err != nil {
		return err
	}
	switch {
	case p.take("with", "rollup"):
		return p.withAnalytics(a, items, plan.Rollup)
	case p.take("with", "cube"):
		return p.withAnalytics(a, items, plan.Cube)
	case p.is("grouping", "sets", "("):
		return p.setsOfList(a, items)
	}
	return p.combine(a, items)
}

// countSets is how many sets the items make together, at most.
func countSets(items []groupingItem) int {
	count := 1
	for _, item := range items {
		count = min(count*len(item.sets), maxSets+1)
	}
	return count
}

// A groupingItem is what one item of GROUP BY groups by: the sets, of which a plain expression has
// one. members are the sets as written in ROLLUP or CUBE.
type groupingItem struct {
	kind    plan.GroupType
	members [][]plan.Expression
	sets    [][]plan.Expression
}

func (p *parser) groupingItem() (groupingItem, error) {
	if err := p.enter(); err != nil {
		return groupingItem{}, err
	}
	defer p.leave()
	switch {
	case p.is("rollup", "("), p.is("cube", "("):
		item := groupingItem{kind: plan.Rollup}
		expand := rollupSets
		if p.takeAny("rollup", "cube") == "cube" {
			item.kind, expand = plan.Cube, cubeSets
		}
		var err error
		if item.members, err = parenthesised(p, p.groupingSet); err != nil {
			return item, err
		}
		if item.sets = expand(item.members); item.sets == nil {
			return item, p.tooManySets()
		}
		return item, nil
	case p.is("grouping", "sets", "("):
		p.i += 2
		return p.groupingSets()
	}
	e, err := p.expression()
	return groupingItem{sets: [][]plan.Expression{{e}}}, err
}

// groupingSet: '(' [expression, …] ')' | expression
func (p *parser) groupingSet() ([]plan.Expression, error) {
	if p.is("(") && p.tok().match > 0 && !p.isQuery(p.i) && p.endsRow(p.tok().match+1) {
		if p.peek(1).key == ")" {
			p.i += 2
			return nil, nil
		}
		return parenthesised(p, p.expression)
	}
	e, err := p.expression()
	return []plan.Expression{e}, err
}

// groupingSets: '(' (groupingSet | ROLLUP … | CUBE … | GROUPING SETS …), … ')'
func (p *parser) groupingSets() (groupingItem, error) {
	all := groupingItem{kind: plan.GroupingSets}
	_, err := parenthesised(p, func() (struct{}, error) {
		if p.is("rollup", "(") || p.is("cube", "(") || p.is("grouping", "sets", "(") {
			inner, err := p.groupingItem()
			all.sets = append(all.sets, inner.sets...)
			return struct{}{}, err
		}
		set, err := p.groupingSet()
		all.sets = append(all.sets, set)
		return struct{}{}, err
	})
	if err == nil && len(all.sets) > maxSets {
		err = p.tooManySets()
	}
	return all, err
}

// withAnalytics: list WITH ROLLUP, the same as ROLLUP(list).
func (p *parser) withAnalytics(a *plan.Aggregate, items []groupingItem, kind plan.GroupType) error {
	for _, item := range items {
		if item.kind != plan.GroupBy {
			return p.unexpected("WITH ROLLUP and WITH CUBE follow plain expressions")
		}
		a.Grouping = append(a.Grouping, item.sets[0]...)
	}
	a.Type = kind
	return nil
}

// setsOfList: list GROUPING SETS (…): the list gives the order of the columns, the sets choose.
func (p *parser) setsOfList(a *plan.Aggregate, items []groupingItem) error {
	if err := p.withAnalytics(a, items, plan.GroupingSets); err != nil {
		return err
	}
	p.i += 2
	item, err := p.groupingSets()
	a.Sets = item.sets
	return err
}

// combine makes one grouping of the items. A single ROLLUP or CUBE of plain expressions stays what
// it is; any other mix becomes the grouping sets that it stands for.
func (p *parser) combine(a *plan.Aggregate, items []groupingItem) error {
	if simple := items[0]; len(items) == 1 && (simple.kind == plan.Rollup || simple.kind == plan.Cube) {
		if flat, ok := flatten(simple.members); ok {
			a.Type, a.Grouping = simple.kind, flat
			return nil
		}
	}
	plain := true
	sets := [][]plan.Expression{nil}
	for _, item := range items {
		plain = plain && item.kind == plan.GroupBy
		if len(sets)*len(item.sets) > maxSets {
			return p.tooManySets()
		}
		sets = product(sets, item.sets)
	}
	if plain {
		a.Grouping = sets[0]
		return nil
	}
	a.Type, a.Sets, a.Grouping = plan.GroupingSets, sets, distinct(sets)
	return nil
}

func flatten(members [][]plan.Expression) ([]plan.Expression, bool) {
	flat := make([]plan.Expression, len(members))
	for i, m := range members {
		if len(m) != 1 {
			return nil, false
		}
		flat[i] = m[0]
	}
	return flat, true
}

// rollupSets are the prefixes, longest first. nil: too many.
func rollupSets(members [][]plan.Expression) [][]plan.Expression {
	if len(members) >= maxSets {
		return nil
	}
	var sets [][]plan.Expression
	for n := len(members); n >= 0; n-- {
		sets = append(sets, joined(members[:n]))
	}
	return sets
}

// cubeSets are all subsets, from the whole to the empty one. nil: too many.
func cubeSets(members [][]plan.Expression) [][]plan.Expression {
	if len(members) > 12 {
		return nil
	}
	var sets [][]plan.Expression
	for bits := 1<<len(members) - 1; bits >= 0; bits-- {
		var chosen [][]plan.Expression
		for i, m := range members {
			if bits>>(len(members)-1-i)&1 == 1 {
				chosen = append(chosen, m)
			}
		}
		sets = append(sets, joined(chosen))
	}
	return sets
}

func joined(members [][]plan.Expression) []plan.Expression {
	var all []plan.Expression
	for _, m := range members {
		all = append(all, m...)
	}
	return all
}

func product(left, right [][]plan.Expression) [][]plan.Expression {
	sets := make([][]plan.Expression, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			sets = append(sets, joined([][]plan.Expression{l, r}))
		}
	}
	return sets
}

// distinct are the expressions of the sets, each once, as they first appear.
func distinct(sets [][]plan.Expression) []plan.Expression {
	seen, texts := map[plan.Expression]bool{}, map[string]bool{}
	var all []plan.Expression
	for _, set := range sets {
		for _, e := range set {
			if seen[e] { // the sets share their nodes
				continue
			}
			seen[e] = true
			if text := Format(e); !texts[text] {
				texts[text] = true
				all = append(all, e)
			}
		}
	}
	return all
}

func (p *parser) tooManySets() error {
	return p.errorHere(errclass.ParseSyntaxError, "The grouping makes more than 4096 sets.")
}
