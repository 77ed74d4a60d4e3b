package expr

import (
	"crypto/md5"  //nolint:gosec // md5() is asked for by name
	"crypto/sha1" //nolint:gosec // sha1() is asked for by name
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var encodingFunctions = table{
	"md5": fn(types.String, text1(func(dst []byte, s string) ([]byte, bool) {
		h := md5.Sum([]byte(s))
		return hex.AppendEncode(dst, h[:]), true
	}), aBinary).infallible(), //nolint:gosec // asked for by name
	"sha": sha1Function, "sha1": sha1Function,
	"sha2":  fn(types.String, text2(appendSHA2), aBinary, anInt).nullable().infallible(),
	"crc32": fn(types.Long, map1(types.Long, func(s string) int64 { return int64(crc32.ChecksumIEEE([]byte(s))) }), aBinary).infallible(),
	"base64": fn(types.String, text1(func(dst []byte, s string) ([]byte, bool) {
		return base64.StdEncoding.AppendEncode(dst, []byte(s)), true
	}), aBinary).infallible(),
	"unbase64":  fn(types.Binary, decodeBase64(true), aString),
	"hex":       built(1, 1, buildHex),
	"unhex":     fn(types.Binary, textOf1(types.Binary, appendUnhex), aString).nullable(),
	"encode":    fn(types.Binary, charset(types.Binary, encodeText), aString, aString),
	"decode":    built(2, -1, buildDecode),
	"to_binary": built(1, 2, buildToBinary(false)), "try_to_binary": built(1, 2, buildToBinary(true)),
	"url_encode": textTo(func(dst []byte, s string) []byte {
		return append(dst, strings.ReplaceAll(url.QueryEscape(s), "~", "%7E")...)
	}),
	"url_decode": fn(types.String, urlDecode(true), aString), "try_url_decode": fn(types.String, urlDecode(false), aString).nullable(),
	"parse_url": built(2, 3, buildParseURL(false)), "try_parse_url": built(2, 3, buildParseURL(true)),
}

var sha1Function = fn(types.String, text1(func(dst []byte, s string) ([]byte, bool) {
	h := sha1.Sum([]byte(s)) //nolint:gosec // asked for by name
	return hex.AppendEncode(dst, h[:]), true
}), aBinary).infallible()

func appendSHA2(dst []byte, s string, size int32) ([]byte, bool) {
	switch size {
	case 224:
		h := sha256.Sum224([]byte(s))
		return hex.AppendEncode(dst, h[:]), true
	case 0, 256:
		h := sha256.Sum256([]byte(s))
		return hex.AppendEncode(dst, h[:]), true
	case 384:
		h := sha512.Sum384([]byte(s))
		return hex.AppendEncode(dst, h[:]), true
	case 512:
		h := sha512.Sum512([]byte(s))
		return hex.AppendEncode(dst, h[:]), true
	}
	return dst, false
}

// textOf1 is text1 with a result type of its own.
func textOf1(t types.Type, f func(dst []byte, s string) ([]byte, bool)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			out, ok := f(dst, s[i&si])
			return out, ok, nil
		})
	}
}

func conversionInvalid(s, to, format string) error {
	return errclass.ConversionInvalid.New("The value '%s' (\"STRING\") cannot be converted to \"%s\" because it is malformed for the format %s.", s, to, format).
		WithHint("Correct the value as per the syntax, or change its format. Use `try_to_binary` to tolerate malformed input and return NULL instead.")
}

func decodeBase64(strict bool) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		return textRows(types.Binary, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			out, err := base64.StdEncoding.AppendDecode(dst, []byte(strings.NewReplacer("\r", "", "\n", "").Replace(s[i&si])))
			if err != nil {
				if out, err = base64.RawStdEncoding.AppendDecode(dst, []byte(s[i&si])); err == nil {
					return out, true, nil
				}
				if strict {
					return dst, false, conversionInvalid(s[i&si], "BINARY", "'BASE64'")
				}
				return dst, false, nil
			}
			return out, true, nil
		})
	}
}

func buildHex(b *builder) (Expr, error) {
	b.fn.safe = true
	if isText(b.args[0].Type()) {
		return b.make(types.String, text1(func(dst []byte, s string) ([]byte, bool) {
			for i := range len(s) {
				dst = append(dst, upperHex[s[i]>>4], upperHex[s[i]&15])
			}
			return dst, true
		})), nil
	}
	if err := b.coerceTo(aLong); err != nil {
		return nil, err
	}
	return b.make(types.String, text1(func(dst []byte, v int64) ([]byte, bool) {
		return append(dst, upperASCII(strconv.FormatUint(uint64(v), 16))...), true
	})), nil
}

const upperHex = "0123456789ABCDEF"

func appendUnhex(dst []byte, s string) ([]byte, bool) {
	if len(s)%2 != 0 {
		s = "0" + s
	}
	out, err := hex.AppendDecode(dst, []byte(s))
	return out, err == nil
}

// charset is encode and decode by the name of a character set.
func charset(t types.Type, f func(dst []byte, s, set string) ([]byte, bool, error)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		set, ci := operand[string](args[1])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) { return f(dst, s[i&si], strings.ToUpper(set[i&ci])) })
	}
}

func invalidCharset(name string) error {
	return errclass.InvalidCharset.New("The value of parameter(s) `charset` is invalid: expects one of the US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE, UTF-16, UTF-32, but got %s.", name)
}

func encodeText(dst []byte, s, set string) ([]byte, bool, error) {
	switch set {
	case "UTF-8":
		return append(dst, s...), true, nil
	case "US-ASCII", "ISO-8859-1":
		top := rune(127)
		if set == "ISO-8859-1" {
			top = 255
		}
		for _, r := range s {
			if r > top {
				return dst, false, errclass.MalformedCharacter.New("Invalid value found when performing `encode` with %s.", set)
			}
			dst = append(dst, byte(r))
		}
		return dst, true, nil
	case "UTF-16", "UTF-16BE", "UTF-16LE":
		units := utf16.Encode([]rune(s))
		if set == "UTF-16" {
			units = append([]uint16{0xFEFF}, units...)
		}
		for _, u := range units {
			if set == "UTF-16LE" {
				dst = append(dst, byte(u), byte(u>>8))
			} else {
				dst = append(dst, byte(u>>8), byte(u))
			}
		}
		return dst, true, nil
	case "UTF-32":
		for _, r := range s {
			dst = append(dst, byte(r>>24), byte(r>>16), byte(r>>8), byte(r))
		}
		return dst, true, nil
	}
	return dst, false, invalidCharset(set)
}

func decodeText(dst []byte, s, set string) ([]byte, bool, error) {
	switch set {
	case "UTF-8":
		if !utf8.ValidString(s) {
			return dst, false, errclass.MalformedCharacter.New("Invalid value found when performing `decode` with UTF-8.")
		}
		return append(dst, s...), true, nil
	case "US-ASCII", "ISO-8859-1":
		for i := range len(s) {
			dst = utf8.AppendRune(dst, rune(s[i]))
		}
		return dst, true, nil
	case "UTF-16", "UTF-16BE", "UTF-16LE":
		return decodeUTF16(dst, s, set), true, nil
	case "UTF-32":
		for i := 0; i+4 <= len(s); i += 4 {
			dst = utf8.AppendRune(dst, rune(s[i])<<24|rune(s[i+1])<<16|rune(s[i+2])<<8|rune(s[i+3]))
		}
		return dst, true, nil
	}
	return dst, false, invalidCharset(set)
}

func decodeUTF16(dst []byte, s, set string) []byte {
	little := set == "UTF-16LE"
	if set == "UTF-16" && len(s) >= 2 {
		switch s[:2] {
		case "\xff\xfe":
			little, s = true, s[2:]
		case "\xfe\xff":
			s = s[2:]
		}
	}
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+2 <= len(s); i += 2 {
		u := uint16(s[i])<<8 | uint16(s[i+1])
		if little {
			u = uint16(s[i+1])<<8 | uint16(s[i])
		}
		units = append(units, u)
	}
	return append(dst, string(utf16.Decode(units))...)
}

// buildDecode is decode(binary, charset), or decode(value, match, result, …, default).
func buildDecode(b *builder) (Expr, error) {
	if len(b.args) == 2 {
		if err := b.coerceTo(aBinary, aString); err != nil {
			return nil, err
		}
		return b.make(types.String, charset(types.String, decodeText)), nil
	}
	var whens, thens []Expr
	rest := b.args[1:]
	for ; len(rest) >= 2; rest = rest[2:] {
		same, err := b.sub("<=>", b.args[0], rest[0])
		if err != nil {
			return nil, err
		}
		whens, thens = append(whens, same), append(thens, rest[1])
	}
	var orElse Expr
	if len(rest) == 1 {
		orElse = rest[0]
	}
	return caseOf(b, callText(b.name, b.args), whens, thens, orElse)
}

func buildToBinary(try bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		printed := callText(b.name, b.args)
		if len(b.args) == 1 {
			b.args = append(b.args, textConstant("hex"))
		}
		if err := b.coerceTo(aString, aString); err != nil {
			return nil, err
		}
		if try {
			b.fn.null = nullMaybe
		}
		b.fn.text = func(string, []Expr) string { return printed }
		unbase := decodeBase64(!try)
		return b.make(types.Binary, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			format, fi := operand[string](args[1])
			if len(format) > 0 && strings.EqualFold(format[0&fi], "base64") && args[1].Const {
				return unbase(ctx, n, args[:1])
			}
			s, si := operand[string](args[0])
			return textRows(types.Binary, n, args, func(dst []byte, i int) ([]byte, bool, error) {
				var ok bool
				var err error
				switch strings.ToLower(format[i&fi]) {
				case "hex":
					dst, ok = appendUnhex(dst, s[i&si])
				case "utf-8", "utf8":
					dst, ok = append(dst, s[i&si]...), true
				case "base64":
					dst, err = base64.StdEncoding.AppendDecode(dst, []byte(s[i&si]))
					ok = err == nil
				}
				if !ok && !try {
					return dst, false, conversionInvalid(s[i&si], "BINARY", "'"+strings.ToUpper(format[i&fi])+"'")
				}
				return dst, ok, nil
			})
		}), nil
	}
}

func urlDecode(strict bool) kernel {
	return try1(types.String, func(_ *Context, s string) (string, bool, error) {
		out, err := url.QueryUnescape(s)
		if err != nil && strict {
			return "", false, errclass.CannotDecodeURL.New("The provided URL cannot be decoded: %s.", s).
				WithHint("Please ensure that the URL is properly formatted and try again.")
		}
		return out, err == nil, nil
	})
}

func buildParseURL(try bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		if err := b.coerceTo(aString, aString, aString); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		strict := b.ctx.ANSI && !try
		return b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			s, part := textsOf(args[0]), textsOf(args[1])
			key := texts{offsets: []int32{0, 0}}
			if len(args) == 3 {
				key = textsOf(args[2])
			}
			return tryRows(types.String, n, args, func(i int) (string, bool, error) {
				u, err := url.Parse(s.at(i))
				if err != nil || strings.ContainsAny(s.at(i), " \t\n") {
					if strict {
						return "", false, errclass.InvalidURL.New("The url is invalid: %s.", s.at(i)).
							WithHint("Use `try_parse_url` to tolerate invalid URL and return NULL instead.")
					}
					return "", false, nil
				}
				out, ok := urlPart(u, part.at(i), key.at(i), len(args) == 3)
				return out, ok, nil
			})
		}), nil
	}
}

func urlPart(u *url.URL, part, key string, keyed bool) (string, bool) {
	switch part {
	case "HOST":
		return u.Hostname(), u.Host != ""
	case "PATH":
		return u.EscapedPath(), true
	case "QUERY":
		if !keyed {
			return u.RawQuery, u.RawQuery != ""
		}
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			if k, v, ok := strings.Cut(pair, "="); ok && k == key {
				return v, true
			}
		}
		return "", false
	case "REF":
		return u.EscapedFragment(), u.Fragment != ""
	case "PROTOCOL":
		return u.Scheme, u.Scheme != ""
	case "FILE":
		if u.RawQuery != "" {
			return u.EscapedPath() + "?" + u.RawQuery, true
		}
		return u.EscapedPath(), true
	case "AUTHORITY":
		authority := u.Host
		if u.User != nil {
			authority = u.User.String() + "@" + authority
		}
		return authority, authority != ""
	case "USERINFO":
		return u.User.String(), u.User != nil
	}
	return "", false
}
