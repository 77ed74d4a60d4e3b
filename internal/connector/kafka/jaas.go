package kafka

import (
	"strings"

	"lakehouse/internal/errclass"
)

// parseJaas takes `module required name="value" …;` apart.
func parseJaas(text string) (module string, options map[string]string, err error) {
	wrong := errclass.InvalidOptionValue.New("The value of option 'kafka.sasl.jaas.config' is no JAAS configuration.").
		WithHint(`It looks like: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";`)
	module, rest := word(text)
	if i := strings.LastIndex(module, "org.apache.kafka."); i > 0 {
		module = module[i:] // a shaded client, as Databricks has it: kafkashaded.org.apache.kafka.…
	}
	flag, rest := word(rest)
	if !strings.EqualFold(flag, "required") {
		return "", nil, wrong
	}
	options = map[string]string{}
	for {
		rest = strings.TrimSpace(rest)
		if rest == ";" {
			break
		}
		name, after, ok := strings.Cut(rest, "=")
		if !ok {
			return "", nil, wrong
		}
		value, after, ok := jaasValue(strings.TrimSpace(after))
		if !ok {
			return "", nil, wrong
		}
		options[strings.TrimSpace(name)], rest = value, after
	}
	return module, options, nil
}

// word takes what stands before the next space, or the end, off.
func word(text string) (first, rest string) {
	text = strings.TrimSpace(text)
	if end := strings.IndexAny(text, " \t\r\n;"); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// jaasValue reads a value, quoted (a backslash takes the next character as it is) or up to a space or the end.
func jaasValue(text string) (value, rest string, ok bool) {
	if text == "" || (text[0] != '"' && text[0] != '\'') {
		end := strings.IndexAny(text, " \t\r\n;")
		if end <= 0 {
			return "", "", false
		}
		return text[:end], text[end:], true
	}
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == text[0]:
			return out.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", "", false
}
