package option_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/realdata"
)

var table = option.Table{
	{Name: "path"},
	{Name: "multiLine", Kind: option.Bool, Default: "false"},
	{Name: "latestFirst", Kind: option.Bool},
	{Name: "maxFilesPerTrigger", Kind: option.Positive, Default: "1000"},
	{Name: "fileNameDepth", Kind: option.Count},
	{Name: "maxBytesPerTrigger", Kind: option.Bytes},
	{Name: "maxFileAge", Kind: option.Duration, Default: "7d"},
	{Name: "cleanSource", Kind: option.Enum, Values: []string{"archive", "delete", "off"}, Default: "off"},
	{Name: "useNotifications", Kind: option.Bool, Unsupported: "files are found by listing; leave it out"},
}

func TestParseOfEachKind(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // empty: refused
		rule       string // of the refusal
	}{
		{"path", " as it stands ", " as it stands ", ""},
		{"multiLine", "TRUE", "true", ""},
		{"multiLine", "yes", "", "must be 'true' or 'false'"},
		{"multiLine", "", "", "must be 'true' or 'false'"},
		{"maxFilesPerTrigger", "1", "1", ""},
		{"maxFilesPerTrigger", "0", "", "must be a positive integer"},
		{"maxFilesPerTrigger", "99999999999999999999", "", "must be a positive integer"},
		{"fileNameDepth", "0", "0", ""},
		{"fileNameDepth", "-1", "", "must be an integer greater than or equal to 0"},
		{"fileNameDepth", "x", "", "must be an integer greater than or equal to 0"},
		{"maxBytesPerTrigger", "10g", "10g", ""},
		{"maxBytesPerTrigger", "much", "", "must be a positive integer"},
		{"maxFileAge", "10 minutes", "10 minutes", ""},
		{"maxFileAge", "7 fortnights", "", "Time must be specified as seconds (s)"},
		{"cleanSource", "ARCHIVE", "archive", ""},
		{"cleanSource", "move", "", "must be one of archive, delete, off"},
	}
	for _, test := range tests {
		t.Run(test.name+"="+test.text, func(t *testing.T) {
			values, err := table.Parse(map[string]string{test.name: test.text})
			if test.rule == "" {
				if err != nil || values.String(test.name) != test.want || !values.Has(test.name) {
					t.Errorf("got %q, %v, want %q", values.String(test.name), err, test.want)
				}
				return
			}
			want := "Invalid value '" + test.text + "' for option '" + test.name + "', " + test.rule
			if !errors.Is(err, errclass.InvalidOptionValue) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestNamesAreFoundInAnyCase(t *testing.T) {
	values, err := table.Parse(map[string]string{"MAXFILESPERTRIGGER": "3", "multiline": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if got := values.Int("maxFilesPerTrigger"); got != 3 {
		t.Errorf("maxFilesPerTrigger = %d, want 3", got)
	}
	if !values.Bool("MultiLine") || !values.Has("multiLine") {
		t.Error("multiLine is not set")
	}
	_, err = table.Parse(map[string]string{"MAXFILESPERTRIGGER": "x"})
	if err == nil || !strings.Contains(err.Error(), "option 'maxFilesPerTrigger'") {
		t.Errorf("the refusal %v does not spell the name as the documentation does", err)
	}
}

func TestWhatIsNotGivenHasItsDefault(t *testing.T) {
	values, err := table.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := values.Int("maxFilesPerTrigger"); got != 1000 {
		t.Errorf("maxFilesPerTrigger = %d, want 1000", got)
	}
	if got := values.Duration("maxFileAge"); got != 7*24*time.Hour {
		t.Errorf("maxFileAge = %v, want 7 days", got)
	}
	if values.Has("maxFileAge") {
		t.Error("maxFileAge counts as given")
	}
	if values.Bytes("maxBytesPerTrigger") != 0 || values.Int("fileNameDepth") != 0 || values.Bool("latestFirst") || values.String("path") != "" {
		t.Error("an option without a default is not zero")
	}
}

func TestUnknownAndUnsupportedOptionsAreRefused(t *testing.T) {
	tests := []struct{ name, want string }{
		{"maxFilePerTrigger", "unknown option 'maxFilePerTrigger'. Did you mean `maxFilesPerTrigger`?"},
		{"MULTILINES", "Did you mean `multiLine`?"},
		{"somethingElse", "See the documented list of options."},
		{"", "unknown option ''. See the documented list"},
		{"usenotifications", "option 'useNotifications' is not supported: files are found by listing; leave it out"},
	}
	for _, test := range tests {
		_, err := table.Parse(map[string]string{"path": "/x", test.name: "true"})
		if !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %s", test.name, err, test.want)
		}
	}
}

// Of several mistakes always the same is told.
func TestTheFirstMistakeByNameIsTold(t *testing.T) {
	for range 20 {
		_, err := table.Parse(map[string]string{"maxFilesPerTrigger": "0", "cleanSource": "no", "zzz": ""})
		if err == nil || !strings.Contains(err.Error(), "'cleanSource'") {
			t.Fatalf("got %v, want the fault of cleanSource", err)
		}
	}
}

// What Spark 4 says of a bad value of the file source is what we say.
func TestBadValuesHaveSparksTexts(t *testing.T) {
	data, err := os.ReadFile(realdata.Path(t, "programs", "errors", "expected", "errors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var captured []struct{ Program, Message string }
	if err := json.Unmarshal(data, &captured); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, e := range captured {
		name, text, ok := oneOption(e.Program)
		want := sparksRule(e.Message)
		if !ok || want == "" || e.Program == "maxBytesPerTrigger='1k'" { // sizes have units here, as in Databricks
			continue
		}
		checked++
		if _, err := table.Parse(map[string]string{name: text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s", e.Program, err, want)
		}
	}
	if checked < 7 {
		t.Errorf("only %d captured answers were found", checked)
	}
}

// oneOption reads a captured program such as maxFilesPerTrigger='abc'.
func oneOption(program string) (name, text string, ok bool) {
	name, text, ok = strings.Cut(program, "='")
	text, quoted := strings.CutSuffix(text, "'")
	return name, text, ok && quoted && !strings.ContainsAny(name, " (")
}

// sparksRule is the part of Spark's message that is about a value.
func sparksRule(message string) string {
	for _, begin := range []string{"Invalid value '", "Time must be specified"} {
		if _, rule, ok := strings.Cut(message, begin); ok {
			rule, _, _ = strings.Cut(begin+rule, " SQLSTATE")
			rule, _, _ = strings.Cut(rule, "\n")
			return rule
		}
	}
	return ""
}
