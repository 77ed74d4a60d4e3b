package logical

import (
	"context"
	"slices"
)

// IsStreaming reports whether a plan reads a stream.
func IsStreaming(node Node) bool {
	switch n := node.(type) {
	case *StreamRelation:
		return true
	case *Relation:
		return n.Stream
	}
	return slices.ContainsFunc(node.Children(), IsStreaming)
}

// Streams lists the streaming leaves from left to right: the sources of a query, in the order of
// their numbers in the checkpoint. A leaf that is read in several places is one source.
func Streams(node Node) []*StreamRelation {
	var all []*StreamRelation
	if s, ok := node.(*StreamRelation); ok {
		all = append(all, s)
	}
	for _, c := range node.Children() {
		for _, s := range Streams(c) {
			if !slices.Contains(all, s) { // WITH lets two places read one leaf
				all = append(all, s)
			}
		}
	}
	return all
}

// ReplaceStreams puts the rows of a micro-batch in the place of each streaming leaf.
func ReplaceStreams(node Node, rows func(*StreamRelation) Source) Node {
	return transform(node, func(n Node) Node {
		if s, ok := n.(*StreamRelation); ok {
			return &Relation{Name: s.Name, Source: rows(s), Options: s.Options, Stream: true, Hidden: s.Hidden}
		}
		return n
	})
}

// Renew puts in the place of each table beside a stream what it is now.
func Renew(ctx context.Context, node Node) (Node, error) {
	var failed error
	known := map[Source]Source{} // a table that is read twice is one version of it
	out := transform(node, func(n Node) Node {
		r, ok := n.(*Relation)
		if !ok || r.Stream || failed != nil {
			return n
		}
		source, ok := r.Source.(Renewable)
		if !ok {
			return n
		}
		if known[r.Source] == nil {
			known[r.Source], failed = source.Renew(ctx)
		}
		renewed := *r
		renewed.Source = known[r.Source]
		return &renewed
	})
	return out, failed
}

// transform rewrites a plan from the leaves up.
func transform(node Node, f func(Node) Node) Node {
	children := node.Children()
	if len(children) == 0 {
		return f(node)
	}
	changed := make([]Node, len(children))
	same := true
	for i, c := range children {
		changed[i] = transform(c, f)
		same = same && changed[i] == c
	}
	if !same {
		node = node.WithChildren(changed)
	}
	return f(node)
}
