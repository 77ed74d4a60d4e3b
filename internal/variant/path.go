package variant

import (
	"strconv"
	"strings"
)

// A Step of a path goes into an object, or into an array.
type Step struct {
	Key   string
	Index int // -1: a key
}

// ParsePath reads a path: $ and any number of .name, [123], ['name'] and ["name"].
func ParsePath(text string) (steps []Step, ok bool) {
	if !strings.HasPrefix(text, "$") {
		return nil, false
	}
	for rest := text[1:]; rest != ""; {
		var s Step
		if s, rest, ok = nextStep(rest); !ok {
			return nil, false
		}
		steps = append(steps, s)
	}
	return steps, true
}

func nextStep(text string) (s Step, rest string, ok bool) {
	switch {
	case text[0] == '.':
		end := strings.IndexAny(text[1:], ".[")
		if end < 0 {
			end = len(text) - 1
		}
		return Step{text[1 : 1+end], -1}, text[1+end:], end > 0
	case strings.HasPrefix(text, "['"):
		return quotedStep(text, "']")
	case strings.HasPrefix(text, `["`):
		return quotedStep(text, `"]`)
	case text[0] == '[':
		digits, rest, closed := strings.Cut(text[1:], "]")
		index, err := strconv.ParseUint(digits, 10, 31)
		return Step{Index: int(index)}, rest, closed && err == nil
	}
	return s, text, false
}

// quotedStep reads a name up to the first quote, which the bracket must follow.
func quotedStep(text, closing string) (s Step, rest string, ok bool) {
	end := strings.IndexByte(text[2:], closing[0])
	if end < 0 || !strings.HasPrefix(text[2+end:], closing) {
		return s, text, false
	}
	return Step{text[2 : 2+end], -1}, text[2+end+2:], true
}

// Get goes along a path; found is false where it leads nowhere.
func (v Value) Get(path []Step) (out Value, found bool, err error) {
	for _, s := range path {
		kind, err := v.Kind()
		if err != nil {
			return Value{}, false, err
		}
		if kind != Object && kind != Array || (kind == Object) != (s.Index < 0) {
			return Value{}, false, nil
		}
		c, err := v.container()
		if err != nil {
			return Value{}, false, err
		}
		if kind == Object {
			v, found, err = c.Find([]byte(s.Key))
		} else if found = s.Index < c.n; found {
			v, err = c.At(s.Index)
		}
		if err != nil || !found {
			return Value{}, false, err
		}
	}
	return v, true, nil
}
