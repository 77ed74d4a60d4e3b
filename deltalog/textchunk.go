package deltalog

import "unsafe"

// textChunkBytes is how much memory texts share: who keeps one of them keeps so much.
const textChunkBytes = 16 << 10

// A textChunk copies texts one behind the other, many to one piece of memory.
type textChunk struct{ bytes []byte }

// keep is a copy of a text.
func (c *textChunk) keep(text string) string {
	c.room(len(text))
	start := len(c.bytes)
	c.bytes = append(c.bytes, text...)
	return c.from(start)
}

// room makes sure that so many bytes more stay where the others are: what was handed out is never written again.
func (c *textChunk) room(bytes int) {
	if cap(c.bytes)-len(c.bytes) < bytes {
		c.bytes = make([]byte, 0, max(bytes, textChunkBytes))
	}
}

func (c *textChunk) from(start int) string {
	text := c.bytes[start:]
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// forget gives the memory to the next texts: nobody may hold one that was handed out.
func (c *textChunk) forget() { c.bytes = c.bytes[:0] }

// unescape is a copy of what a JSON text says; ok is false where it has escapes that are seldom.
func (c *textChunk) unescape(raw string) (text string, ok bool) {
	c.room(len(raw)) // what is meant is no longer than what is written
	start := len(c.bytes)
	out := c.bytes
	for at := 0; at < len(raw); at++ {
		b := raw[at]
		if b == '\\' {
			at++
			if b = meaning[raw[at]]; b == 0 {
				return "", false
			}
		}
		out = append(out, b)
	}
	c.bytes = out
	return c.from(start), true
}

// meaning is what stands behind a backslash; 0: something else.
var meaning = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
