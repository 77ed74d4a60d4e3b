package logical

import (
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
)

// SourceEventTime is the column of a streaming leaf that a watermark of the plan is declared on. It is an error if there is no watermark
// over the leaf, if other streams flow into it as well, or if its column is computed.
func SourceEventTime(plan Node, leaf *StreamRelation) (column string, err error) {
	for _, w := range Watermarks(plan) {
		streams := Streams(w.Input)
		switch {
		case len(streams) == 1 && streams[0] == leaf:
			if name, ok := sourceColumn(w.Input, w.Column); ok {
				return name, nil
			}
			return "", errclass.UnsupportedStreaming.New("the watermark's column %s is computed, and the event times of the source are known of its own columns only.", w.Schema().Fields[w.Column].Name).
				WithHint("Declare the watermark on a column of the source, before it is changed.")
		case len(streams) > 1 && slices.Contains(streams, leaf):
			return "", errclass.UnsupportedStreaming.New("the watermark is declared over %d streams together.", len(streams)).
				WithHint("Declare a watermark on each of the streams.")
		}
	}
	return "", errclass.UnsupportedStreaming.New("the query declares no watermark over %s.", leaf.Provider).
		WithHint("Declare one by withWatermark on a column of the source.")
}

// sourceColumn follows a column down to the leaf, where it is only carried on the way.
func sourceColumn(n Node, column int) (name string, ok bool) {
	switch n := n.(type) {
	case *StreamRelation:
		return n.Schema().Fields[column].Name, true
	case *Project:
		c, plain := n.Columns[column].Expr.(*expr.Column)
		if !plain {
			return "", false
		}
		return sourceColumn(n.Input, c.Index)
	case *Generate:
		carried := n.carried()
		if column >= len(carried) {
			return "", false
		}
		return sourceColumn(n.Input, carried[column])
	case *Filter, *Watermark, *Deduplicate:
		return sourceColumn(n.Children()[0], column)
	}
	return "", false
}
