package sql

import (
	"maps"
	"math"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The metadata by which Spark and Delta note what a column was declared with.
const (
	keyGeneration       = "delta.generationExpression"
	keyIdentityStart    = "delta.identity.start"
	keyIdentityStep     = "delta.identity.step"
	keyIdentityExplicit = "delta.identity.allowExplicitInsert"
	keyCurrentDefault   = "CURRENT_DEFAULT"
)

func noted(f types.Field, key string, value any) types.Field {
	metadata := maps.Clone(f.Metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata[key] = value
	f.Metadata = metadata
	return f
}

// columnOption: NOT NULL | COMMENT string | DEFAULT expression | GENERATED …; found is false behind the last.
func (p *parser) columnOption(f types.Field) (out types.Field, found bool, err error) {
	at := p.i
	switch {
	case f.Nullable && p.take("not", "null"):
		f.Nullable = false
	case f.Metadata["comment"] == nil && p.take("comment"):
		f, err = p.columnComment(f)
	case f.Metadata[keyCurrentDefault] == nil && p.take("default"):
		var text string
		if text, err = p.expressionText(); err == nil {
			f = noted(f, keyCurrentDefault, text)
		}
	case p.is("generated"):
		f, err = p.generated(f)
	case p.isAny("constraint", "primary", "references", "check", "unique", "collate", "mask"):
		return f, false, p.refuse("a column with " + upper(p.tok().key))
	default:
		return f, false, nil
	}
	if err == nil && f.Metadata[keyCurrentDefault] != nil && (f.Metadata[keyGeneration] != nil || f.Metadata[keyIdentityStep] != nil) {
		return f, false, p.bothDefaultAndGenerated(at, f)
	}
	return f, true, err
}

func (p *parser) bothDefaultAndGenerated(at int, f types.Field) error {
	p.i = at
	if text, ok := f.Metadata[keyGeneration]; ok {
		return p.errorHere(errclass.GeneratedWithDefault, "A column cannot have both a default value and a generation expression but column "+f.Name+
			" has default value: ("+f.Metadata[keyCurrentDefault].(string)+") and generation expression: ("+text.(string)+").")
	}
	return p.errorHere(errclass.IdentityWithDefault, "A column cannot have both a default value and an identity column specification but column "+f.Name+
		" has default value: ("+f.Metadata[keyCurrentDefault].(string)+") and is an identity column.")
}

// expressionText: expression. The text is kept as it was written.
func (p *parser) expressionText() (string, error) {
	from := p.i
	if _, err := p.expression(); err != nil {
		return "", err
	}
	span := p.span(from)
	return p.text[span.Start:span.End], nil
}

// generated: GENERATED ALWAYS AS '(' expression ')' | GENERATED (ALWAYS | BY DEFAULT) AS IDENTITY ['(' sequence* ')']
func (p *parser) generated(f types.Field) (types.Field, error) {
	at := p.i
	p.skip()
	explicit := p.take("by", "default")
	if !explicit {
		if err := p.expect("always"); err != nil {
			return f, err
		}
	}
	if err := p.expect("as"); err != nil {
		return f, err
	}
	if f.Metadata[keyGeneration] != nil || f.Metadata[keyIdentityStep] != nil {
		p.i = at
		return f, p.unexpected("the column is generated already")
	}
	if p.take("identity") {
		return p.identity(f, explicit)
	}
	if explicit {
		return f, p.unexpected(`expected "IDENTITY"`)
	}
	if err := p.expect("("); err != nil {
		return f, err
	}
	text, err := p.expressionText()
	if err != nil {
		return f, err
	}
	return noted(f, keyGeneration, text), p.expect(")")
}

// identity: ['(' (START WITH n | INCREMENT BY n)* ')']
func (p *parser) identity(f types.Field, explicit bool) (types.Field, error) {
	given := map[string]int64{}
	if p.take("(") {
		for !p.take(")") {
			at := p.i
			word := p.takeAny("start", "increment")
			follows := map[string]string{"start": "with", "increment": "by"}[word]
			if word == "" {
				return f, p.unexpected("expected START WITH or INCREMENT BY")
			}
			if err := p.expect(follows); err != nil {
				return f, err
			}
			if _, twice := given[word]; twice {
				p.i = at
				return f, p.errorHere(errclass.IdentityDuplicateOption, "Duplicated IDENTITY column sequence generator option: "+upper(word)+".")
			}
			n, err := p.signedLong()
			if err != nil {
				return f, err
			}
			given[word] = n
		}
	}
	start, step := int64(1), int64(1)
	if n, ok := given["start"]; ok {
		start = n
	}
	if n, ok := given["increment"]; ok {
		step = n
	}
	if step == 0 {
		return f, p.errorHere(errclass.IdentityStep, "IDENTITY column step cannot be 0.")
	}
	return noted(noted(noted(f, keyIdentityStart, start), keyIdentityStep, step), keyIdentityExplicit, explicit), nil
}

// signedLong: ['-'] integer
func (p *parser) signedLong() (int64, error) {
	sign := ""
	if p.is("-") && p.peek(1).kind == kindNumber {
		sign = "-"
		p.skip()
	}
	n, err := strconv.ParseInt(sign+p.tok().value, 10, 64)
	if p.tok().kind != kindNumber || err != nil {
		return 0, p.unexpected("expected a whole number between " + strconv.FormatInt(math.MinInt64, 10) + " and " + strconv.FormatInt(math.MaxInt64, 10))
	}
	p.skip()
	return n, nil
}

// tokensText is tokens with a blank between each two, as Delta keeps the text of a CHECK constraint.
func (p *parser) tokensText(from, to int) string {
	var out []byte
	for i := from; i < to; i++ {
		if i > from {
			out = append(out, ' ')
		}
		t := p.tokens[i]
		out = append(out, p.text[t.start:t.end]...)
	}
	return string(out)
}
