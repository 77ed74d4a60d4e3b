package sql

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// set: SET CATALOG name | SET TIME ZONE (string | LOCAL) | SET [key ['=' value]]
func (p *parser) set() (plan.Statement, error) {
	p.skip()
	switch {
	case p.is("catalog") && p.peek(1).key != "=" && p.peek(1).key != ".":
		p.skip()
		name, err := p.catalogName()
		return &plan.UseCatalog{Name: name}, err
	case p.take("time", "zone"):
		return p.setTimeZone()
	case p.isAny("role", "variable", "var", "session", "tags") && p.peek(1).kind == kindWord:
		return nil, p.refuse("SET " + upper(p.tok().key))
	case p.endsStatement():
		return &plan.SetConf{}, nil
	}
	key, err := p.confKey()
	if err != nil {
		return nil, err
	}
	conf := &plan.SetConf{Key: key}
	switch {
	case p.is("="):
		value, err := p.confValue()
		if err != nil {
			return nil, err
		}
		conf.Value = &value
	case !p.endsStatement():
		return nil, p.badSet()
	}
	return conf, nil
}

func (p *parser) endsStatement() bool { return p.tok().kind == kindEnd || p.is(";") }

// badSet is Spark's error for a SET that is none of its forms.
func (p *parser) badSet() error {
	return p.errorHere(errclass.InvalidSetSyntax, "Expected format is 'SET', 'SET key', or 'SET key=value'. If you want to include special "+
		"characters in key, or include semicolon in value, please use backquotes, e.g., SET `key`=`value`.")
}

// confKey: back-ticked name | letters, digits and . : _ - without blanks
func (p *parser) confKey() (string, error) {
	t := p.tok()
	if t.kind == kindQuoted {
		p.skip()
		return t.value, nil
	}
	rest := p.text[t.start:]
	length := len(rest) - len(strings.TrimLeftFunc(rest, confRune))
	if length == 0 || t.kind == kindString {
		return "", p.badSet()
	}
	return rest[:length], p.moveTo(t.start + length)
}

func confRune(r rune) bool { return nameRune(r) || r == '.' || r == ':' || r == '-' }

// confValue: back-ticked text | any text up to the end of the statement. A quote that is not closed
// is a letter of the value.
func (p *parser) confValue() (string, error) {
	after := p.peek(2)
	if value := p.peek(1); value.kind == kindQuoted && (after.kind == kindEnd || after.key == ";") {
		p.i += 2
		return value.value, nil
	}
	start := p.tok().end
	end := start
	p.skip()
	for !p.endsStatement() {
		t := *p.tok()
		if i := strings.IndexByte(p.text[t.start:t.end], ';'); i >= 0 && t.kind == kindBad {
			end = t.start + i
			if err := p.rescan(end); err != nil {
				return "", err
			}
			break
		}
		end = t.end
		p.skip()
	}
	return strings.TrimSpace(p.text[start:end]), nil
}

// rescan reads the tokens from an offset anew: what stood before was no SQL. A script that needs it
// often would take the square of its length.
func (p *parser) rescan(offset int) error {
	const most = 100
	if p.rescans++; p.rescans > most {
		return p.badSet()
	}
	p.tokens = scanFrom(p.text, offset, p.tokens[:p.i])
	return nil
}

// setTimeZone: string | LOCAL
func (p *parser) setTimeZone() (plan.Statement, error) {
	const key = "spark.sql.session.timeZone"
	switch {
	case p.is("interval"):
		return nil, p.refuse("SET TIME ZONE INTERVAL")
	case p.take("local"):
		return &plan.ResetConf{Key: key}, nil
	}
	zone, err := p.stringValue()
	return &plan.SetConf{Key: key, Value: &zone}, err
}

// reset: RESET [key]
func (p *parser) reset() (plan.Statement, error) {
	p.skip()
	if p.endsStatement() {
		return &plan.ResetConf{}, nil
	}
	key, err := p.confKey()
	return &plan.ResetConf{Key: key}, err
}

// quoteConf prints a key or value as [parser.set] reads it back.
func quoteConf(text string) string {
	plain := strings.TrimFunc(text, confRune) == "" && (text == "" || nameRune(rune(text[0])))
	if plain && (strings.Contains(text, ".") || strings.Trim(text, "0123456789") == "" || text == "true" || text == "false") {
		return text
	}
	return "`" + strings.ReplaceAll(text, "`", "``") + "`"
}
