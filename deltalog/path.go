package deltalog

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

const maxPathBytes = 4096

// decodePath decodes a path of the log, which is a URI reference (RFC 2396), exactly once: "%2520"
// is a file name with "%20" in it, and "+" is a plus. Where the path leads is looked at by
// [checkPath], when the file is asked for.
func decodePath(encoded string) (string, error) {
	if encoded == "" {
		return "", errors.New("is empty")
	}
	if len(encoded) > 3*maxPathBytes {
		return "", fmt.Errorf("is %d bytes long", len(encoded))
	}
	return url.PathUnescape(encoded)
}

// encodedPathOf is the path for the log: as the log spelled it where it came from there, because
// other implementations match an add with its remove by that spelling.
func encodedPathOf(decoded, encoded string) string {
	if encoded != "" {
		if again, err := decodePath(encoded); err == nil && again == decoded {
			return encoded
		}
	}
	return encodePath(decoded)
}

const unescapedInPath = "-_.!~*'()/,;$&+=@"

// encodePath encodes a name in the table's folder as the specification wants it in add.path.
func encodePath(name string) string {
	plain := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte(unescapedInPath, c) >= 0
	}
	var out strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// checkPath makes sure that a decoded path names a file below the table's folder. Absolute paths
// and URIs, which shallow clones have, are refused as well: they lead out of the store.
func checkPath(name string) error {
	switch {
	case name == "" || name == ".":
		return fmt.Errorf("path %q names no file", name)
	case len(name) > maxPathBytes:
		return fmt.Errorf("path of %d bytes, at most %d are allowed", len(name), maxPathBytes)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("path %q holds a zero byte", name)
	case strings.HasPrefix(name, "/") || strings.ContainsRune(name, '\\') || hasScheme(name):
		return fmt.Errorf("path %q leads out of the table", name)
	case path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../"):
		return fmt.Errorf("path %q is not clean or leads out of the table", name)
	}
	return nil
}

// hasScheme reports whether the name begins like a URI or a Windows drive: letters and a colon
// before any slash or equals sign.
func hasScheme(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c == ':':
			return i > 0
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.':
		default:
			return false
		}
	}
	return false
}
