package xsd

import (
	"fmt"
	"slices"
)

// A model is a content model as a program: the elements that have come are followed through it on all ways at once, so that each
// costs no more than the program is long. A model of all has no program.
type model struct {
	program []instruction
	all     []*particle // each at most once, in any order
	empty   bool        // of all: it may be left out as a whole
}

type opcode uint8

const (
	opMatch opcode = iota
	opElement
	opAny
	opSplit // goes on at x and y
	opJump  // goes on at x
)

type instruction struct {
	op      opcode
	x, y    int
	element *element
	any     *wildcard
}

// maxProgram bounds the instructions of all models of a schema: what may come a thousand times stands there as often.
const maxProgram = 1 << 17

type compiler struct {
	program []instruction
	left    int
}

func (c *compiler) model(p *particle) (*model, error) {
	if p.all {
		return &model{all: p.parts, empty: p.least == 0}, nil
	}
	if err := c.particle(p); err != nil {
		return nil, err
	}
	if _, err := c.emit(instruction{op: opMatch}); err != nil {
		return nil, err
	}
	return &model{program: c.program}, nil
}

func (c *compiler) emit(i instruction) (at int, err error) {
	if c.left--; c.left < 0 {
		return 0, fmt.Errorf("its content models are too large: maxOccurs counts, and more than %d instructions are not followed", maxProgram)
	}
	c.program = append(c.program, i)
	return len(c.program) - 1, nil
}

func (c *compiler) particle(p *particle) error {
	if p.most == 0 {
		return nil
	}
	for range p.least {
		if err := c.once(p); err != nil {
			return err
		}
	}
	if p.most == unbounded {
		split, err := c.emit(instruction{op: opSplit})
		if err == nil {
			err = c.once(p)
		}
		if err == nil {
			_, err = c.emit(instruction{op: opJump, x: split})
		}
		if err == nil {
			c.program[split].x, c.program[split].y = split+1, len(c.program)
		}
		return err
	}
	var splits []int
	for range p.most - p.least {
		split, err := c.emit(instruction{op: opSplit})
		if err != nil {
			return err
		}
		c.program[split].x = split + 1
		splits = append(splits, split)
		if err := c.once(p); err != nil {
			return err
		}
	}
	for _, split := range splits {
		c.program[split].y = len(c.program)
	}
	return nil
}

func (c *compiler) once(p *particle) error {
	switch {
	case p.element != nil:
		_, err := c.emit(instruction{op: opElement, element: p.element})
		return err
	case p.any != nil:
		_, err := c.emit(instruction{op: opAny, any: p.any})
		return err
	case !p.choice:
		for _, part := range p.parts {
			if err := c.particle(part); err != nil {
				return err
			}
		}
		return c.step()
	}
	return c.choice(p.parts)
}

// step costs what is empty something, too: it might be wanted a billion times.
func (c *compiler) step() error {
	if c.left--; c.left < 0 {
		_, err := c.emit(instruction{})
		return err
	}
	return nil
}

func (c *compiler) choice(parts []*particle) error {
	var jumps []int
	for i, part := range parts {
		split := -1
		var err error
		if i < len(parts)-1 {
			if split, err = c.emit(instruction{op: opSplit}); err != nil {
				return err
			}
			c.program[split].x = split + 1
		}
		if err := c.particle(part); err != nil {
			return err
		}
		if split >= 0 {
			jump, err := c.emit(instruction{op: opJump})
			if err != nil {
				return err
			}
			jumps = append(jumps, jump)
			c.program[split].y = len(c.program)
		}
	}
	for _, jump := range jumps {
		c.program[jump].x = len(c.program)
	}
	return c.step()
}

// A matching follows the elements of one parent.
type matching struct {
	model *model
	at    []int  // the instructions that wait for an element, or have matched
	had   []bool // of all
	some  bool   // of all: an element came
}

func (v *Validator) begin(m *matching, of *model) {
	*m = matching{model: of, at: m.at[:0], had: m.had[:0]}
	if of.all != nil || of.program == nil {
		m.had = append(m.had, make([]bool, len(of.all))...)
		return
	}
	v.generation++
	m.at = v.follow(m.at, of.program, 0)
}

// follow adds the instructions that can be reached without an element.
func (v *Validator) follow(to []int, program []instruction, pc int) []int {
	v.stack = append(v.stack[:0], pc)
	for len(v.stack) > 0 {
		pc := v.stack[len(v.stack)-1]
		v.stack = v.stack[:len(v.stack)-1]
		if pc >= len(v.marked) {
			v.marked = append(v.marked, make([]uint64, len(program)-len(v.marked))...)
		}
		if v.marked[pc] == v.generation {
			continue
		}
		v.marked[pc] = v.generation
		switch in := &program[pc]; in.op {
		case opJump:
			v.stack = append(v.stack, in.x)
		case opSplit:
			v.stack = append(v.stack, in.y, in.x)
		default:
			to = append(to, pc)
		}
	}
	return to
}

// next takes an element: its declaration, or the wildcard that it is under. It is not ok where the element must not stand.
func (v *Validator) next(m *matching, name Name) (e *element, w *wildcard, ok bool) {
	if m.model.program == nil {
		for i, p := range m.model.all {
			if found := v.schema.matches(p.element, name); found != nil && !m.had[i] && p.most != 0 {
				m.had[i], m.some = true, true
				return found, nil, true
			}
		}
		return nil, nil, false
	}
	program := m.model.program
	v.generation++
	now := v.now[:0]
	for _, pc := range m.at {
		switch in := &program[pc]; in.op {
		case opElement:
			found := v.schema.matches(in.element, name)
			if found == nil {
				continue
			}
			if e == nil {
				e = found
			}
		case opAny:
			if !in.any.takes(name) {
				continue
			}
			if w == nil {
				w = in.any
			}
		default:
			continue
		}
		now = v.follow(now, program, pc+1)
	}
	v.now = now
	m.at = append(m.at[:0], now...)
	return e, w, e != nil || w != nil
}

// complete tells that no element is missing.
func (m *matching) complete() bool {
	if m.model.program == nil {
		for i, p := range m.model.all {
			if !m.had[i] && p.least > 0 && (m.some || !m.model.empty) {
				return false
			}
		}
		return true
	}
	return slices.ContainsFunc(m.at, func(pc int) bool { return m.model.program[pc].op == opMatch })
}

// matches is the declaration that an element of a name has where another is wanted: the same, or one that stands for it.
func (s *Schema) matches(want *element, name Name) *element {
	if want.name == name {
		return want
	}
	if e, ok := s.elements[name]; ok && slices.Contains(e.heads, want.name) && s.elements[want.name] == want {
		return e
	}
	return nil
}
