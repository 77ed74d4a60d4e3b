package sql

// A kind is a class of tokens.
type kind uint8

const (
	kindEnd    kind = iota
	kindWord        // a bare word: name or keyword
	kindQuoted      // a name in back-ticks
	kindString
	kindNumber
	kindSymbol
	kindBad // text that makes no token; err says why
)

// A token is a word or symbol of the text. key is what productions look at: the word in lower case,
// or the symbol; empty for names in back-ticks and literals.
type token struct {
	kind       kind
	key        string
	value      string // of a name or string: what it says; of a number: its text
	start, end int
	match      int // of "(": the index of its ")"; of "(" without one: 0
	err        error
}

// symbols, longest first.
var symbols = [...]string{
	"<=>", ">>>",
	"<<", ">>", "<=", ">=", "<>", "!=", "==", "||", "->", "=>", "::", "|>",
	"(", ")", ",", ".", ";", "+", "-", "*", "/", "%", "=", "<", ">", "&", "|", "^", "~", "[", "]", ":", "@", "!", "?", "{", "}",
}
