package deltalog

import (
	"bytes"
	"unicode/utf8"
	"unsafe"
)

// A lineScanner reads the lines that make a log long, those that add and remove files, without a step between the bytes and the
// action. It knows the form in which writers write them and no other: of any other line, a broken one too, it says no, and the line
// is for the decoder that knows all of JSON. Texts of the actions lie together in chunks of memory.
type lineScanner struct {
	line  []byte
	at    int
	texts textChunk
}

// scan reads a line; ok is false, and nothing is added, where it is not of the known form.
func (s *lineScanner) scan(line []byte, into *Actions) (ok bool, err error) {
	s.line, s.at = line, 0
	if !s.take('{') {
		return false, nil
	}
	switch {
	case s.name("add"):
		var add addJSON
		if !s.add(&add) || !s.end() {
			return false, nil
		}
		return true, into.addFile(&add)
	case s.name("remove"):
		var remove removeJSON
		if !s.remove(&remove) || !s.end() {
			return false, nil
		}
		return true, into.removeFile(&remove)
	}
	return false, nil
}

// end is the end of the line.
func (s *lineScanner) end() bool { return s.take('}') && s.at == len(s.line) }

func (s *lineScanner) add(j *addJSON) bool {
	both := fileMembers{&j.Path, &j.Stats, &j.DataChange, &j.PartitionValues, &j.Tags, &j.DeletionVector, &j.BaseRowID, &j.DefaultRowCommitVersion}
	return s.object(func(member string) bool {
		switch member {
		case "size":
			return s.int64(&j.Size)
		case "modificationTime":
			return s.int64(&j.ModificationTime)
		case "clusteringProvider":
			return s.text(&j.ClusteringProvider)
		}
		return s.either(member, &both)
	})
}

func (s *lineScanner) remove(j *removeJSON) bool {
	both := fileMembers{&j.Path, &j.Stats, &j.DataChange, &j.PartitionValues, &j.Tags, &j.DeletionVector, &j.BaseRowID, &j.DefaultRowCommitVersion}
	return s.object(func(member string) bool {
		switch member {
		case "size":
			return s.pointer(&j.Size)
		case "deletionTimestamp":
			return s.int64(&j.DeletionTimestamp)
		case "extendedFileMetadata":
			return s.bool(&j.ExtendedFileMetadata)
		}
		return s.either(member, &both)
	})
}

// fileMembers are the members that add and remove have in common.
type fileMembers struct {
	path, stats                 *string
	dataChange                  *bool
	values                      *map[string]*string
	tags                        *map[string]string
	vector                      **DeletionVector
	baseRowID, rowCommitVersion **int64
}

func (s *lineScanner) either(member string, of *fileMembers) bool {
	switch member {
	case "path":
		return s.text(of.path)
	case "partitionValues":
		return s.values(of.values)
	case "dataChange":
		return s.bool(of.dataChange)
	case "stats":
		return s.text(of.stats)
	case "tags":
		return s.tags(of.tags)
	case "deletionVector":
		return s.vector(of.vector)
	case "baseRowId":
		return s.pointer(of.baseRowID)
	case "defaultRowCommitVersion":
		return s.pointer(of.rowCommitVersion)
	}
	return false
}

func (s *lineScanner) vector(into **DeletionVector) bool {
	if *into != nil {
		return false
	}
	var v DeletionVector
	*into = &v
	return s.object(func(member string) bool {
		switch member {
		case "storageType":
			return s.text(&v.StorageType)
		case "pathOrInlineDv":
			return s.text(&v.PathOrInlineDV)
		case "offset":
			v.Offset = new(int32)
			return s.int32(v.Offset)
		case "sizeInBytes":
			return s.int32(&v.SizeInBytes)
		case "cardinality":
			return s.int64(&v.Cardinality)
		case "maxRowIndex":
			return s.pointer(&v.MaxRowIndex)
		}
		return false
	})
}

// object walks the members of an object, whose names have no escapes. Of two by one name the last one counts; objects that come twice
// would be put together, and are not read here.
func (s *lineScanner) object(member func(name string) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		name, escaped, ok := s.raw()
		if !ok || escaped || !s.take(':') || !member(name) {
			return false
		}
		if !s.take(',') {
			return s.take('}')
		}
	}
}

// values are partition values: texts and nulls.
func (s *lineScanner) values(into *map[string]*string) bool {
	if *into != nil {
		return false
	}
	return s.object(func(name string) bool {
		if *into == nil {
			*into = map[string]*string{}
		}
		name = s.texts.keep(name)
		if s.word("null") {
			(*into)[name] = nil
			return true
		}
		var value string
		(*into)[name] = &value
		return s.text(&value)
	})
}

func (s *lineScanner) tags(into *map[string]string) bool {
	if *into != nil {
		return false
	}
	*into = map[string]string{}
	return s.object(func(name string) bool {
		name = s.texts.keep(name)
		var value string
		ok := s.text(&value)
		(*into)[name] = value
		return ok
	})
}

func (s *lineScanner) text(into *string) bool {
	raw, escaped, ok := s.raw()
	if !ok {
		return false
	}
	if !escaped {
		*into = s.texts.keep(raw)
		return true
	}
	*into, ok = s.texts.unescape(raw)
	return ok
}

// raw is what stands between the quotes of a text; it is valid as long as the line is.
func (s *lineScanner) raw() (text string, escaped, ok bool) {
	if !s.take('"') {
		return "", false, false
	}
	start, high := s.at, byte(0)
	for at := start; at < len(s.line); at++ {
		switch c := s.line[at]; {
		case c == '"':
			inside := s.line[start:at]
			s.at = at + 1
			return unsafe.String(unsafe.SliceData(inside), len(inside)), escaped, high < utf8.RuneSelf || utf8.Valid(inside)
		case c == '\\':
			escaped = true
			at++
		case c < ' ':
			return "", false, false
		default:
			high |= c
		}
	}
	return "", false, false
}

func (s *lineScanner) pointer(into **int64) bool {
	*into = new(int64)
	return s.int64(*into)
}

func (s *lineScanner) int32(into *int32) bool {
	var n int64
	ok := s.int64(&n)
	*into = int32(n)
	return ok && int64(*into) == n
}

// int64 reads a number of at most 18 digits, which cannot overflow.
func (s *lineScanner) int64(into *int64) bool {
	s.space()
	rest := s.line[s.at:]
	negative := len(rest) > 0 && rest[0] == '-'
	if negative {
		rest = rest[1:]
	}
	n, digits := int64(0), 0
	for digits < len(rest) && rest[digits]-'0' <= 9 {
		if digits == 18 {
			return false
		}
		n = n*10 + int64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 1 && rest[0] == '0' || digits == len(rest) || bytes.IndexByte([]byte(".eE"), rest[digits]) >= 0 {
		return false
	}
	s.at = len(s.line) - len(rest) + digits
	if negative {
		n = -n
	}
	*into = n
	return true
}

func (s *lineScanner) bool(into *bool) bool {
	if *into = s.word("true"); *into {
		return true
	}
	return s.word("false")
}

// name is the name of a member and its colon.
func (s *lineScanner) name(name string) bool {
	at := s.at
	if found, escaped, ok := s.raw(); ok && !escaped && found == name && s.take(':') {
		return true
	}
	s.at = at
	return false
}

func (s *lineScanner) word(word string) bool {
	s.space()
	if end := s.at + len(word); end <= len(s.line) && string(s.line[s.at:end]) == word {
		s.at = end
		return true
	}
	return false
}

func (s *lineScanner) take(c byte) bool {
	s.space()
	if s.at < len(s.line) && s.line[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *lineScanner) space() {
	for s.at < len(s.line) && (s.line[s.at] == ' ' || s.line[s.at] == '\t') {
		s.at++
	}
}
