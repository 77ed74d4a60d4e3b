package sql

import (
	"fmt"

	"lakehouse/internal/errclass"
)

// maxCopied bounds how many tokens' worth of nodes may stand in the tree more than once.
const maxCopied = 1 << 22

// copied is a piece of text, from a token on, and how many nodes the tree holds beyond those that
// its tokens make.
type copied struct{ from, size int }

// copies counts the nodes of the text from a token to another that go into the tree so many times more: the
// operand of LIKE ANY, the keys of CLUSTER BY, the sets of GROUP BY, a named window. Where such
// pieces nest they multiply, so that a short text could make a tree without end.
func (p *parser) copies(from, to, times int) error {
	inner := 0
	for n := len(p.copied); n > 0 && p.copied[n-1].from >= from; n = len(p.copied) {
		inner += p.copied[n-1].size
		p.copied = p.copied[:n-1]
	}
	p.copiedSize -= inner
	size := to - from + inner
	if size > maxCopied/(times+1) || p.copiedSize+size*times+inner > maxCopied {
		return p.errorHere(errclass.ParseSyntaxError, fmt.Sprintf("The text stands for more than %d repeated expressions.", maxCopied))
	}
	p.copied = append(p.copied, copied{from, size*times + inner})
	p.copiedSize += size*times + inner
	return nil
}
