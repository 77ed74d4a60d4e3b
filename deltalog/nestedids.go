package deltalog

import "maps"

// What is inside of arrays and maps is no column of its own: its ids, by which Iceberg's readers find it, stand at the nearest column
// around it, by that column's physical name and the way in: "col-x.element", "col-y.value.key".

// nestedIDs are the ids of what is inside of a column, by the way there. What is no id is passed over.
func nestedIDs(f Field) map[string]int64 {
	all, _ := f.Metadata[keyNestedIDs].(map[string]any)
	ids := make(map[string]int64, len(all))
	for way, v := range all {
		if id, ok := v.(int64); ok {
			ids[way] = id
		}
	}
	return ids
}

// nested gives what is inside of a column ids, where it has none.
func (a *assignment) nested(f Field, _ []string) Field {
	ids := map[string]any{}
	for way, id := range nestedIDs(f) {
		ids[way] = id
	}
	a.inside(f.Type, physicalName(f), ids)
	if len(ids) > 0 {
		f.Metadata = maps.Clone(f.Metadata)
		f.Metadata[keyNestedIDs] = ids
	}
	return f
}

func (a *assignment) inside(t Type, way string, ids map[string]any) {
	part := func(name string, t Type) {
		at := way + "." + name
		if _, ok := ids[at]; !ok {
			ids[at] = a.next()
		}
		a.inside(t, at, ids)
	}
	switch t := t.(type) {
	case Array:
		part("element", t.Element)
	case Map:
		part("key", t.Key)
		part("value", t.Value)
	}
}
