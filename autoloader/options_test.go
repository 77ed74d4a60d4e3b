package autoloader

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/option"
	"lakehouse/volumes/volumestest"
)

// An arrival is a file that lands: "name@minute", with its name as its content unless it is told.
type arrival struct {
	name   string
	minute int
	text   string
}

// A scenario shows that an option is honoured: the same files give one answer without it and another with it. The answer
// is the rows of each batch, and the names left in the folder when they are not those that landed.
type scenario struct {
	glob          string // below the landing folder
	first, then   []arrival
	given         map[string]string
	value         string
	without, with string
}

func landed(names ...string) (all []arrival) {
	for i, name := range names {
		all = append(all, arrival{name: name, minute: i + 1})
	}
	return all
}

const tenDays = 10 * 24 * 60

var fileScenarios = map[string]scenario{
	"maxFilesPerTrigger":  {first: landed("a", "b"), value: "1", without: "[[a b]]", with: "[[a] [b]]"},
	"maxBytesPerTrigger":  {first: landed("a", "b"), value: "1", without: "[[a b]]", with: "[[a] [b]]"},
	"maxFileAge":          {first: []arrival{{"new", tenDays, "new"}}, then: []arrival{{"old", tenDays - 120, "old"}}, value: "1h", without: "[[new] [old]]", with: "[[new]]"},
	"cleanSource":         {first: landed("a"), then: landed("b"), value: "delete", without: "[[a] [b]]", with: "[[a] [b]] left b"},
	"sourceArchiveDir":    {first: landed("a"), then: landed("b"), given: map[string]string{"cleanSource": "archive"}, value: "/" + archiveDir, without: "must be used with 'sourceArchiveDir'", with: "[[a] [b]] left b, archive a"},
	"latestFirst":         {first: landed("a", "b"), value: "true", without: "[[a b]]", with: "[[b a]]"},
	"fileNameOnly":        {glob: "/*", first: landed("x/a"), then: landed("y/a", "y/b"), value: "true", without: "[[x/a] [y/a y/b]]", with: "[[x/a] [y/b]]"},
	"maxCachedFiles":      {first: landed("b", "c", "d"), then: []arrival{{"a", 0, "a"}}, given: map[string]string{"maxFilesPerTrigger": "1"}, value: "0", without: "[[b] [c] [d] [a]]", with: "[[b] [a] [c] [d]]"},
	"pathGlobFilter":      {first: landed("a.json", "a.txt"), value: "*.json", without: "[[a.json a.txt]]", with: "[[a.json]]"},
	"recursiveFileLookup": {first: landed("a", "sub/b"), value: "true", without: "[[a]]", with: "[[a sub/b]]"},
	"ignoreMissingFiles":  {first: landed("a", "gone"), value: "true", without: "belongs to batch 0", with: "[[a]]"},
	"ignoreCorruptFiles":  {first: []arrival{{"a", 1, "a"}, {"b.gz", 2, "no gzip"}, {"c", 3, "c"}}, value: "true", without: "unpack near byte", with: "[[a c]]"},
	"discardCachedInputRatio": {
		first: landed("b", "c", "d"), then: []arrival{{"a", 0, "a"}}, given: map[string]string{"maxFilesPerTrigger": "2"}, value: "1",
		without: "[[b c] [d] [a]]", with: "[[b c] [a d]]",
	},
}

var cloudScenarios = map[string]scenario{
	"cloudFiles.format":                        {first: landed("a"), value: "jsonn", without: "[[a]]", with: "Failed to find the data source: jsonn"},
	"cloudFiles.maxFilesPerTrigger":            {first: landed("a", "b"), value: "1", without: "[[a b]]", with: "[[a] [b]]"},
	"cloudFiles.maxBytesPerTrigger":            {first: landed("a", "b"), value: "1b", without: "[[a b]]", with: "[[a] [b]]"},
	"cloudFiles.includeExistingFiles":          {first: landed("a"), then: landed("b"), value: "false", without: "[[a] [b]]", with: "[[b]]"},
	"cloudFiles.cleanSource":                   {first: landed("a"), then: landed("b"), given: map[string]string{"maxFilesPerTrigger": "1"}, value: "DELETE", without: "[[a] [b]]", with: "[[a] [b]] left b"},
	"cloudFiles.cleanSource.retentionDuration": {first: landed("a"), then: landed("b"), given: moving, value: "20000 days", without: "[[a] [b]] left b", with: "[[a] [b]]"},
	"cloudFiles.cleanSource.moveDestination":   {first: landed("a"), then: landed("b"), given: map[string]string{"cloudFiles.cleanSource": "MOVE"}, value: "/" + archiveDir, without: "needs 'cloudFiles.cleanSource.moveDestination'", with: "[[a] [b]] left b"},
	"cloudFiles.allowOverwrites":               {first: landed("a"), then: []arrival{{"a", 2, "again"}}, value: "true", without: "[[a]]", with: "[[a] [again]]"},
	"modifiedAfter":                            {first: landed("a", "b"), value: "2025-03-01T00:01:00", without: "[[a b]]", with: "[[b]]"},
	"modifiedBefore":                           {first: landed("a", "b"), value: "2025-03-01 00:02:00", without: "[[a b]]", with: "[[a]]"},
	"cloudFiles.useStrictGlobber":              {glob: "/*", first: landed("x/a", "x/y/b"), value: "true", without: "[[x/a x/y/b]]", with: "[[x/a]]"},
	"cloudFiles.validateOptions":               {first: landed("a"), given: map[string]string{"cloudFiles.nonsense": "1"}, value: "false", without: "CF_UNKNOWN_OPTION_KEYS_ERROR", with: "[[a]]"},
	"cloudFiles.maxFileAge":                    {first: []arrival{{"new", tenDays, "new"}}, then: []arrival{{"old", 0, "old"}}, value: "1 hour", without: "[[new] [old]]", with: "[[new]]"},
	"maxFileAge":                               {first: []arrival{{"new", tenDays, "new"}}, then: []arrival{{"old", 0, "old"}}, value: "1h", without: "[[new] [old]]", with: "[[new]]"},
	"maxBytesPerTrigger":                       {first: landed("a", "b"), value: "1b", without: "[[a b]]", with: "[[a] [b]]"},
}

var moving = map[string]string{"cloudFiles.cleanSource": "MOVE", "cloudFiles.cleanSource.moveDestination": "/" + archiveDir}

// What these do is seen elsewhere: in the schema that a stream has, and in how soon it knows of a file.
var elsewhere = []string{
	"cloudFiles.schemaLocation", "cloudFiles.schemaHints", "cloudFiles.inferColumnTypes", "cloudFiles.schemaEvolutionMode",
	"cloudFiles.schemaEvolution.restart", "cloudFiles.partitionColumns", "cloudFiles.useNotifications", "cloudFiles.backfillInterval",
}

// Every option of a stream of files changes what it does, or has one value only.
func TestEveryStreamOptionIsHonoured(t *testing.T) {
	for source, table := range map[string]option.Table{"text": FileOptions, CloudFiles: CloudFilesOptions} {
		for _, spec := range table {
			c, ok := fileScenarios[spec.Name]
			if s, special := cloudScenarios[spec.Name]; special && source == CloudFiles {
				c, ok = s, true
			}
			switch {
			case spec.Unsupported != "" || spec.OneMeaning():
				continue
			case slices.Contains(elsewhere, spec.Name):
				continue
			case spec.Name == "path": // the reader has taken it out before
				continue
			case !ok:
				t.Errorf("%s: option %s is declared, and nothing shows that it does anything", source, spec.Name)
				continue
			}
			t.Run(source+" "+spec.Name, func(t *testing.T) {
				if got := c.play(t, source, ""); got != c.without && !strings.Contains(got, c.without) {
					t.Errorf("without it: got %s, want %s", got, c.without)
				}
				if got := c.play(t, source, spec.Name); got != c.with && !strings.Contains(got, c.with) || got == c.without {
					t.Errorf("with it: got %s, want %s", got, c.with)
				}
			})
		}
	}
}

// What is refused is refused by name, with the reason.
func TestUnsupportedOptionsAreRefusedByName(t *testing.T) {
	for source, table := range map[string]option.Table{"json": FileOptions, CloudFiles: CloudFilesOptions} {
		for _, spec := range table {
			if spec.Unsupported == "" {
				continue
			}
			name := strings.ReplaceAll(spec.Name, "*", "team")
			_, err := ParseOptions(source, map[string]string{"cloudFiles.format": "json", name: "true"}, files.OptionTable)
			if source != CloudFiles {
				_, err = ParseOptions(source, map[string]string{name: "true"}, files.OptionTable)
			}
			if err == nil || !strings.Contains(err.Error(), spec.Unsupported) {
				t.Errorf("%s %s: got %v", source, name, err)
			}
		}
	}
}

// play lands files, runs a batch, lands more and runs the rest.
func (c scenario) play(t *testing.T, source, name string) string {
	t.Helper()
	given := map[string]string{}
	if source == CloudFiles {
		given["cloudFiles.format"] = "text"
	}
	maps.Copy(given, c.given)
	if name != "" {
		given[name] = c.value
	}
	opts, err := ParseOptions(source, given, files.OptionTable)
	if err != nil {
		return err.Error()
	}
	store := newLanding(t)
	for _, folder := range []string{"/x", "/y"} {
		if err := store.MakeDir(t.Context(), landing+folder); c.glob != "" && err != nil {
			t.Fatal(err)
		}
	}
	c.land(t, store, c.first)
	p := testStream(t, store, landing+c.glob, opts)
	if source == CloudFiles {
		p.name, p.config.Clock = cloudFilesSource, func() time.Time { return testDay.AddDate(30, 0, 0) }
	}
	if p.bounds, err = parseBounds(p.config); err != nil {
		return err.Error()
	}
	p.config.Decoder, err = files.NewFormat("text", opts.FormatOptions)
	if err != nil {
		t.Fatal(err)
	}
	batches, err := c.run(t, store, p)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(batches) + c.left(t, store)
}

func (c scenario) run(t *testing.T, store *volumestest.Memory, p *Provider) (batches [][]string, err error) {
	e, err := start(t.Context(), p)
	if err != nil {
		return nil, err
	}
	end, err := e.source.Latest(t.Context(), 0, nil, e.limit)
	if err == nil && end != nil { // the batch is planned, and what it reads may vanish
		err = e.store.PutIfAbsent(t.Context(), e.name("offsets", 0), end)
		_ = store.Delete(t.Context(), landing+"/gone")
	}
	var ran bool
	var rows []string
	if err == nil {
		ran, rows, err = e.batch(t.Context())
	}
	if err != nil {
		return nil, fmt.Errorf("%w %w", err, e.source.Stop())
	}
	if ran {
		batches = append(batches, rows)
	}
	c.land(t, store, c.then)
	more, err := e.drain(t.Context())
	return append(batches, more...), err
}

func (c scenario) land(t *testing.T, store *volumestest.Memory, all []arrival) {
	for _, a := range all {
		if a.text == "" {
			a.text = a.name
		}
		put(t, store, landing+"/"+a.name, a.text, a.minute)
	}
}

// left is what the cleaner has left, if it has taken any.
func (c scenario) left(t *testing.T, store *volumestest.Memory) string {
	names := namesIn(t, store, landing)
	cleaned := slices.ContainsFunc(append(c.first, c.then...), func(a arrival) bool { return a.name != "gone" && !slices.Contains(names, a.name) })
	if !cleaned {
		return ""
	}
	text := " left " + strings.Join(names, " ")
	if archived := namesIn(t, store, inArchive); len(archived) > 0 {
		text += ", archive " + strings.Join(archived, " ")
	}
	return text
}
