package volumes

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

const (
	maxNameBytes    = 4096
	maxElementBytes = 255
)

// The reasons for which a name is refused. All wrap fs.ErrInvalid.
var (
	errNameEmpty     = invalid("the name is empty")
	errNameTooLong   = invalid("the name is longer than 4096 bytes, or a part of it than 255")
	errNameNUL       = invalid("the name holds a zero byte")
	errNameNotClean  = invalid(`the name must be relative and clean, without empty parts, "." or ".."`)
	errNameBackslash = invalid("the name holds a backslash")
	errNameRoot      = invalid("the root of the store is not a file")
)

type invalidName struct{ text string }

func invalid(text string) error        { return &invalidName{text} }
func (e *invalidName) Error() string   { return e.text }
func (*invalidName) Is(err error) bool { return err == fs.ErrInvalid }

// CheckName says why a store would refuse the name of a file; nil: it would not. Stores call it first.
func CheckName(op, name string) error {
	if name == "." {
		return &fs.PathError{Op: op, Path: name, Err: errNameRoot}
	}
	return CheckFolder(op, name)
}

// CheckFolder is CheckName for a folder: "." is the root of the store.
func CheckFolder(op, name string) error {
	if reason := nameFault(name); reason != nil {
		return &fs.PathError{Op: op, Path: name, Err: reason}
	}
	return nil
}

func nameFault(name string) error {
	switch {
	case name == "":
		return errNameEmpty
	case name == ".":
		return nil
	case len(name) > maxNameBytes:
		return errNameTooLong
	case strings.IndexByte(name, 0) >= 0:
		return errNameNUL
	case filepath.Separator != '/' && strings.ContainsAny(name, `\:`):
		return errNameBackslash
	}
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element == "." || element == ".." {
			return errNameNotClean
		}
		if len(element) > maxElementBytes {
			return errNameTooLong
		}
	}
	return nil
}

const (
	tempSuffix  = ".tmp"
	tempIDBytes = 16
)

// tempName is where the bytes of a file stand until it comes into being: beside it, because a link does not
// reach other devices.
func tempName(name, id string) string {
	dir, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, base = name[:i+1], name[i+1:]
	}
	base = base[:min(len(base), maxElementBytes-len("..")-tempIDBytes-len(tempSuffix))]
	return dir + "." + base + "." + id + tempSuffix
}

// isTemp tells names made by tempName.
func isTemp(base string) bool {
	rest, ok := strings.CutSuffix(base, tempSuffix)
	if !ok || len(rest) < len("..")+tempIDBytes || rest[0] != '.' || rest[len(rest)-tempIDBytes-1] != '.' {
		return false
	}
	for _, c := range []byte(rest[len(rest)-tempIDBytes:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isHidden(base string) bool { return base[0] == '.' || base[0] == '_' }

// parent is the folder of a name; "." for one directly under the root.
func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}

// under joins a folder and a name below it. Both are clean.
func under(dir, name string) string {
	switch {
	case dir == ".":
		return name
	case name == ".":
		return dir
	}
	return dir + "/" + name
}

// reason is what went wrong, without the operation and path that lower layers told.
func reason(err error) error {
	if inPath, ok := errors.AsType[*fs.PathError](err); ok {
		return inPath.Err
	}
	return linkReason(err)
}
