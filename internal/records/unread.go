package records

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"lakehouse/internal/batch"
)

// A Reading is what one decoding has for itself.
type Reading struct {
	Counts *batch.Counts // set at the end to what became of the records; nil: nobody asks
	File   string        // the URI of the file, for the rescued-data column
	Bad    BadRecords    // takes malformed records, whatever the mode, so that they give no rows; nil: nobody does
}

// BadRecords keeps malformed records elsewhere.
type BadRecords interface {
	Put(record []byte, reason string) error
}

// Rescue says how what no column takes of a record is kept: as one JSON object in a column of its own, with the fields as they
// are nested in the record. What stands inside an array or a map keeps the whole of the outermost one.
type Rescue struct {
	Column   int    // its position in the schema
	FilePath bool   // the object also has the file's path, as _file_path
	Corrupt  string // where the schema has no corrupt-record column: the name in the object for the text of a malformed record
}

// Unread gathers what no column takes of one record.
type Unread struct {
	Repeats bool // values of one name are an array; else the last counts

	entries []unread
	text    []byte // of all values
}

type unread struct {
	path       []string
	start, end int // of the value, JSON, in the text
}

// Reset forgets everything.
func (u *Unread) Reset() { u.entries, u.text = u.entries[:0], u.text[:0] }

// Empty tells that everything was taken.
func (u *Unread) Empty() bool { return len(u.entries) == 0 }

// Add keeps a value as it is written. One that is JSON only by the reader's leave is kept as a string.
func (u *Unread) Add(path []string, name string, value []byte) {
	start := len(u.text)
	compact := bytes.NewBuffer(u.text)
	if json.Compact(compact, value) == nil {
		u.text = compact.Bytes()
	} else {
		u.text = AppendJSON(u.text[:start], Text(value))
	}
	u.close(path, name, start)
}

// AddString keeps a text.
func (u *Unread) AddString(path []string, name, value string) {
	start := len(u.text)
	u.text = AppendJSON(u.text, value)
	u.close(path, name, start)
}

func (u *Unread) close(path []string, name string, start int) {
	whole := append(append(make([]string, 0, len(path)+1), path...), name)
	u.entries = append(u.entries, unread{whole, start, len(u.text)})
}

// AppendTo writes the object; file is the path to be in it, if any.
func (u *Unread) AppendTo(dst []byte, file string) []byte {
	dst = u.appendObject(dst, u.entries, 0)
	if file == "" {
		return dst
	}
	if dst = dst[:len(dst)-1]; dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(AppendJSON(append(dst, `"_file_path":`...), file), '}')
}

// appendObject writes the entries that are alike in the first parts of their paths. Of a name given twice the last value counts.
func (u *Unread) appendObject(dst []byte, entries []unread, depth int) []byte {
	members := map[string][]unread{}
	var order []string
	for _, e := range entries {
		name := e.path[depth]
		if members[name] == nil {
			order = append(order, name)
		}
		members[name] = append(members[name], e)
	}
	dst = append(dst, '{')
	for i, name := range order {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendJSON(dst, name), ':')
		same := members[name]
		if u.Repeats && len(same) > 1 && len(same[0].path) == depth+1 {
			dst = append(dst, '[')
			for _, e := range same {
				dst = append(append(dst, u.text[e.start:e.end]...), ',')
			}
			dst[len(dst)-1] = ']'
			continue
		}
		if last := same[len(same)-1]; len(last.path) == depth+1 {
			dst = append(dst, u.text[last.start:last.end]...)
			continue
		}
		dst = u.appendObject(dst, slices.DeleteFunc(same, func(e unread) bool { return len(e.path) == depth+1 }), depth+1)
	}
	return append(dst, '}')
}

// AppendJSON writes a string as Jackson does: only what must be escaped is.
func AppendJSON(dst []byte, text string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[at])
			continue
		}
		const hex = "0123456789ABCDEF"
		dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	return append(append(dst, text[from:]...), '"')
}
