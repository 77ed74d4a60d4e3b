package types

// A TextLimit is the length of a CHAR or VARCHAR, or holds those inside a type.
type TextLimit struct {
	Max    int  // in characters; 0: the type itself has no limit
	Padded bool // CHAR
	// Inside are the parts of a struct by their names, of an array as "element", of a map as "key" and "value", as far as they have limits.
	Inside []InnerTextLimit
}

// An InnerTextLimit is that of a part of a type.
type InnerTextLimit struct {
	Name string
	*TextLimit
}

// TextLimitOf is the limit that a column was declared with; nil: it has none.
func TextLimitOf(f Field) (*TextLimit, error) {
	raw, ok := f.Metadata[CharVarcharKey].(string)
	if !ok {
		return nil, nil
	}
	p := &ddlParser{text: raw}
	p.next()
	as, err := p.dataType()
	if err != nil {
		return nil, err
	}
	return as.limit, p.expectEnd()
}

// part is a part of a type that may have a limit.
type part struct {
	name  string
	limit *TextLimit
}

// limitInside is the limit of a type by its parts; nil where none has one.
func limitInside(parts ...part) *TextLimit {
	var out TextLimit
	for _, p := range parts {
		if p.limit != nil {
			out.Inside = append(out.Inside, InnerTextLimit{p.name, p.limit})
		}
	}
	if len(out.Inside) == 0 {
		return nil
	}
	return &out
}
