package files

import (
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// charsets are those that the index of the web does not know, or knows to be another.
var charsets = map[string]encoding.Encoding{
	"utf-16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM),
	"utf-32be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
}

// charsetOf is the encoding of the files by option encoding, or charset; nil: UTF-8, of which ASCII is a part.
func charsetOf(v option.Values) (encoding.Encoding, error) {
	name := v.String("encoding")
	if !v.Has("encoding") && v.Has("charset") {
		name = v.String("charset")
	}
	switch low := strings.ToLower(name); low {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return nil, nil
	default:
		if known, ok := charsets[low]; ok {
			return known, nil
		}
		if found, err := htmlindex.Get(low); err == nil {
			return found, nil
		}
	}
	return nil, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'encoding', must be the name of an encoding", name).
		WithHint("Use a name such as UTF-8, UTF-16, ISO-8859-1, windows-1252, Shift_JIS.")
}

// decoded is the text of a file as UTF-8. What is not of the encoding becomes U+FFFD.
func decoded(r io.ReadCloser, charset encoding.Encoding) io.ReadCloser {
	if charset == nil {
		return r
	}
	return &decodedReader{transform.NewReader(r, charset.NewDecoder()), r}
}

type decodedReader struct {
	io.Reader
	packed io.Closer
}

// Close lets go of what was read.
func (d *decodedReader) Close() error { return d.packed.Close() }
