package delta

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// An evolution is what the columns of a table have gone through beyond what was added.
type evolution struct {
	renamed [][2]string // from, to
	dropped []string
	widened []string // column: from -> to
	foreign []string // likewise, of types that are not read as each other
}

func (e evolution) additive() bool { return len(e.renamed)+len(e.dropped)+len(e.widened) == 0 }

// evolved compares two versions of a table's metadata, the older one first. Columns are the same where data files call them the same;
// those of a table without column mapping go by their names.
func evolved(from, to deltalog.Metadata) (e evolution, err error) {
	was, err := storedFields(from)
	if err != nil {
		return e, err
	}
	is, err := storedFields(to)
	if err != nil {
		return e, err
	}
	for _, f := range was.order {
		old := was.fields[f]
		now, there := is.fields[f]
		switch {
		case !there && slices.ContainsFunc(e.dropped, func(d string) bool { return strings.HasPrefix(old.path, d+".") }): // its struct is gone
		case !there:
			e.dropped = append(e.dropped, old.path)
		default:
			if old.name != now.name {
				e.renamed = append(e.renamed, [2]string{old.path, now.path})
			}
			e.widened = append(e.widened, widenings(now.path, old.dataType, now.dataType)...)
			if !readsAs(old.dataType, now.dataType) {
				e.foreign = append(e.foreign, fmt.Sprintf("'%s': %s -> %s", now.path, types.SQL(old.dataType), types.SQL(now.dataType)))
			}
		}
	}
	return e, nil
}

// A storedField is one of a schema, at any depth.
type storedField struct {
	name, path string // as queries call it
	dataType   types.Type
}

// storedColumns are the fields of a schema by what data files call them.
type storedColumns struct {
	order  []string
	fields map[string]storedField
}

func storedFields(m deltalog.Metadata) (storedColumns, error) {
	schema, err := m.Schema()
	all := storedColumns{fields: map[string]storedField{}}
	if err == nil {
		all.add(m, schema, "", "")
	}
	return all, err
}

func (c *storedColumns) add(m deltalog.Metadata, t types.Type, key, path string) {
	switch t := t.(type) {
	case types.Struct:
		for _, f := range t.Fields {
			at, shown := key+"\x00"+m.StoredName(f), strings.TrimPrefix(path+"."+f.Name, ".")
			c.order = append(c.order, at)
			c.fields[at] = storedField{f.Name, shown, f.Type}
			c.add(m, f.Type, at, shown)
		}
	case types.Array:
		c.add(m, t.Element, key+"\x00element", path+".element")
	case types.Map:
		c.add(m, t.Key, key+"\x00key", path+".key")
		c.add(m, t.Value, key+"\x00value", path+".value")
	}
}

// widenings are the changes of a field's type, but for those of the structs inside of it, which are fields themselves.
func widenings(path string, from, to types.Type) []string {
	switch from := from.(type) {
	case types.Struct:
		return nil
	case types.Array:
		if to, ok := to.(types.Array); ok {
			return widenings(path+".element", from.Element, to.Element)
		}
		return nil
	case types.Map:
		if to, ok := to.(types.Map); ok {
			return append(widenings(path+".key", from.Key, to.Key), widenings(path+".value", from.Value, to.Value)...)
		}
		return nil
	}
	if from == to || !deltalog.CanWiden(from, to) {
		return nil
	}
	return []string{fmt.Sprintf("'%s': %s -> %s", path, types.SQL(from), types.SQL(to))}
}

// readsAs reports whether data files of the one type are read as the other; fields of structs count for themselves.
func readsAs(from, to types.Type) bool {
	switch from := from.(type) {
	case types.Struct:
		_, ok := to.(types.Struct)
		return ok
	case types.Array:
		to, ok := to.(types.Array)
		return ok && readsAs(from.Element, to.Element)
	case types.Map:
		to, ok := to.(types.Map)
		return ok && readsAs(from.Key, to.Key) && readsAs(from.Value, to.Value)
	}
	return from == to || deltalog.CanWiden(from, to)
}

// The words of the error that asks for a user's consent.
var evolutionNames = map[[3]bool]string{
	{true, false, false}: "RENAME COLUMN", {false, true, false}: "DROP COLUMN", {false, false, true}: "TYPE WIDENING",
	{true, true, false}: "RENAME AND DROP COLUMN", {true, false, true}: "RENAME AND TYPE WIDENING",
	{false, true, true}: "DROP AND TYPE WIDENING", {true, true, true}: "RENAME, DROP AND TYPE WIDENING",
}

func (e evolution) kinds() [3]bool {
	return [3]bool{len(e.renamed) > 0, len(e.dropped) > 0, len(e.widened) > 0}
}

func (e evolution) details() string {
	var lines []string
	if len(e.renamed) > 0 {
		lines = append(lines, "Columns renamed:")
		for _, r := range e.renamed {
			lines = append(lines, fmt.Sprintf("'%s' -> '%s'", r[0], r[1]))
		}
	}
	if len(e.dropped) > 0 {
		lines = append(lines, "Columns dropped:", "'"+strings.Join(e.dropped, "', '")+"'")
	}
	if len(e.widened) > 0 {
		lines = append(append(lines, "Columns with widened types:"), e.widened...)
	}
	return strings.Join(lines, "\n")
}

// consentSettings begin the session's settings that let a stream go on behind a change.
const consentSettings = "spark.databricks.delta.streaming."

// consents are the options by which a user lets a stream go on behind the changes of each kind, with the setting of the session that
// does so.
var consents = [3]struct{ option, also string }{
	{"allowSourceColumnRename", "allowSourceColumnRenameAndDrop"},
	{"allowSourceColumnDrop", "allowSourceColumnRenameAndDrop"},
	{"allowSourceColumnTypeChange", ""},
}

// checkConsent refuses to go on behind changes that are not only additions until the user agrees: the sink may have to change, too.
func (s *source) checkConsent() error {
	log := s.tracking.log
	if log.current == nil || log.previous == nil {
		return nil
	}
	from, err := log.previous.metadata(s.meta)
	if err != nil {
		return err
	}
	to, err := log.current.metadata(s.meta)
	if err != nil {
		return err
	}
	e, err := evolved(from, to)
	if err == nil && len(e.foreign) > 0 {
		return errclass.DeltaSchemaChangedInStream.New("Detected schema change in version %d of %s: types changed to others that are not wider: %s.", log.current.DeltaCommitVersion, s.table.URI, strings.Join(e.foreign, ", ")).
			WithHint("Start your query from scratch using a new checkpoint directory.")
	}
	if err != nil || e.additive() {
		return err
	}
	version := log.current.DeltaCommitVersion
	hash := javaHash(s.tracking.path)
	var missing []string
	for i, happened := range e.kinds() {
		if happened && !s.consented(i, version, hash) {
			missing = append(missing, consents[i].option)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	options := func(value string) string {
		return `  .option("` + strings.Join(missing, `", "`+value+"\")\n  .option(\"") + `", "` + value + `")`
	}
	settings := func(suffix, value string) string {
		var lines []string
		for _, m := range missing {
			lines = append(lines, "  SET "+consentSettings+m+suffix+" = "+value+";")
		}
		return strings.Join(lines, "\n")
	}
	ckpt, at := fmt.Sprintf(".ckpt_%d", hash), strconv.FormatInt(version, 10)
	return errclass.DeltaStreamPostEvolution.New("We've detected one or more non-additive schema change(s) (%s) between Delta version %d and %d in the Delta streaming source.\nChanges:\n%s\n"+
		"Please check if you want to manually propagate the schema change(s) to the sink table before we proceed with stream processing using the finalized schema at version %d.\n"+
		"Once you have fixed the schema of the sink table or have decided there is no need to fix, you can set the following configuration(s) to unblock the non-additive schema change(s) and continue stream processing.\n\n"+
		"Using dataframe reader option(s):\nTo unblock for this particular stream just for this series of schema change(s):\n%s\nTo unblock for this particular stream:\n%s\n\n"+
		"Using SQL configuration(s):\nTo unblock for this particular stream just for this series of schema change(s):\n%s\nTo unblock for this particular stream:\n%s\nTo unblock for all streams:\n%s",
		evolutionNames[e.kinds()], log.previous.DeltaCommitVersion, version, e.details(), version,
		options(at), options("always"), settings(ckpt, at), settings(ckpt, `"always"`), settings("", `"always"`))
}

// consented reports whether the user lets changes of a kind pass, by an option or a setting: always, or those up to a version.
func (s *source) consented(kind int, version int64, hash int32) bool {
	at := strconv.FormatInt(version, 10)
	given := s.opts.values.String(consents[kind].option)
	if strings.EqualFold(given, "always") || given == at {
		return true
	}
	for _, name := range []string{consents[kind].option, consents[kind].also} {
		if name == "" || s.opts.Session.Conf == nil {
			continue
		}
		name = consentSettings + name
		own := s.opts.Session.Conf(fmt.Sprintf("%s.ckpt_%d", name, hash))
		if strings.EqualFold(s.opts.Session.Conf(name), "always") || strings.EqualFold(own, "always") || own == at {
			return true
		}
	}
	return false
}

// javaHash is the hash by which Delta tells checkpoints apart in settings: that of a text in Java.
func javaHash(text string) (h int32) {
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}

// sameTable reports whether metadata or protocol say the same to a reader: columns, partitioning, Delta's own properties.
func sameTable(a, b deltalog.Metadata) bool {
	deltas := func(m map[string]string) map[string]string {
		kept := maps.Clone(m)
		maps.DeleteFunc(kept, func(name, _ string) bool { return !strings.HasPrefix(name, "delta.") })
		return kept
	}
	return readerSchema(a) == readerSchema(b) && slices.Equal(a.PartitionColumns, b.PartitionColumns) &&
		maps.Equal(deltas(a.Configuration), deltas(b.Configuration))
}

// readerSchema is the schema as JSON, without what only writers go by.
func readerSchema(m deltalog.Metadata) string {
	schema, err := m.Schema()
	if err != nil {
		return m.SchemaString
	}
	return string(types.ToJSON(withoutWriterNotes(schema).(types.Struct)))
}

func withoutWriterNotes(t types.Type) types.Type {
	return types.MapFields(t, func(f types.Field) types.Field {
		f.Metadata = maps.Clone(f.Metadata)
		maps.DeleteFunc(f.Metadata, func(key string, _ any) bool {
			return key == "delta.generationExpression" || strings.HasPrefix(key, "delta.identity.") || key == "CURRENT_DEFAULT" || key == "EXISTS_DEFAULT"
		})
		return f
	})
}

func sameProtocol(a, b deltalog.Protocol) bool {
	sorted := func(names []string) []string { return slices.Sorted(slices.Values(names)) }
	return a.MinReaderVersion == b.MinReaderVersion && a.MinWriterVersion == b.MinWriterVersion &&
		slices.Equal(sorted(a.ReaderFeatures), sorted(b.ReaderFeatures)) && slices.Equal(sorted(a.WriterFeatures), sorted(b.WriterFeatures))
}
