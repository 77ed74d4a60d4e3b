package types

import "strings"

// SQL is the type as Spark's error texts and SQL spell it: upper case, BIGINT, ARRAY<STRUCT<a: INT>>.
// Field names keep their case, and stand in back-ticks where they need it.
func SQL(t Type) string {
	var b strings.Builder
	writeSQL(&b, t)
	return b.String()
}

// ToDDL is the schema as a column list that [ParseDDL] reads back: "a BIGINT NOT NULL, b STRING
// COMMENT 'x'". Metadata other than comments and CHAR or VARCHAR lengths is lost.
func ToDDL(s Struct) string {
	var b strings.Builder
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(QuoteIfNeeded(f.Name) + " ")
		writeFieldType(&b, f)
	}
	return b.String()
}

func writeSQL(b *strings.Builder, t Type) {
	switch t := t.(type) {
	case Array:
		b.WriteString("ARRAY<")
		writeSQL(b, t.Element)
		b.WriteByte('>')
	case Map:
		b.WriteString("MAP<")
		writeSQL(b, t.Key)
		b.WriteString(", ")
		writeSQL(b, t.Value)
		b.WriteByte('>')
	case Struct:
		b.WriteString("STRUCT<")
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(QuoteIfNeeded(f.Name) + ": ")
			writeFieldType(b, f)
		}
		b.WriteByte('>')
	default:
		b.WriteString(strings.ToUpper(t.String()))
	}
}

func writeFieldType(b *strings.Builder, f Field) {
	if raw, ok := f.Metadata[CharVarcharKey].(string); ok {
		b.WriteString(strings.ToUpper(raw))
	} else {
		writeSQL(b, f.Type)
	}
	if !f.Nullable {
		b.WriteString(" NOT NULL")
	}
	if comment, ok := f.Metadata["comment"].(string); ok {
		b.WriteString(" COMMENT " + QuoteString(comment))
	}
}

// QuoteIfNeeded puts a name in back-ticks unless it is plain letters, digits and underscores.
func QuoteIfNeeded(name string) string {
	if isPlainName(name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func isPlainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

var stringEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\000`)

// QuoteString is text as an SQL string literal.
func QuoteString(text string) string { return "'" + stringEscapes.Replace(text) + "'" }
