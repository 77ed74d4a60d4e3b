package medallion

import (
	"errors"
	"maps"
	"reflect"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

func TestTableFunctionArgumentsAreOptionsByNameOrPosition(t *testing.T) {
	args, err := bindTableCall(&logical.TableCall{Name: "f", Args: []logical.TableCallArg{
		{Text: "/x"}, {Name: "Format", Text: "csv"}, {Name: "of", Table: []string{"a", "b"}},
	}}, []string{"path", "batchId"})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"path": "/x", "Format": "csv"}; !maps.Equal(args.options, want) {
		t.Errorf("options %v, want %v", args.options, want)
	}
	if want := map[string][]string{"of": {"a", "b"}}; !reflect.DeepEqual(args.tables, want) {
		t.Errorf("tables %v, want %v", args.tables, want)
	}
	if path, err := args.required("PATH", 0); path != "/x" || err != nil || args.has("path") {
		t.Errorf("required gives %q, %v", path, err)
	}
	if _, err := args.required("path", 0); !errors.Is(err, errclass.RequiredParameter) {
		t.Errorf("a missing argument gives %v", err)
	}
}

func TestTableFunctionArgumentsThatAreNotClearAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args []logical.TableCallArg
		want errclass.Class
	}{
		"by position behind a name": {[]logical.TableCallArg{{Name: "b", Text: "1"}, {Text: "2"}}, errclass.UnexpectedPositional},
		"too many by position":      {[]logical.TableCallArg{{Text: "1"}, {Text: "2"}}, errclass.WrongNumArgs},
		"twice by name":             {[]logical.TableCallArg{{Name: "b", Text: "1"}, {Name: "B", Text: "2"}}, errclass.DuplicateArgument},
		"by both":                   {[]logical.TableCallArg{{Text: "1"}, {Name: "PATH", Text: "2"}}, errclass.DuplicateArgumentBoth},
		"null":                      {[]logical.TableCallArg{{Null: true}}, errclass.InvalidParameterValue},
	} {
		_, err := bindTableCall(&logical.TableCall{Name: "f", Args: c.args}, []string{"path"})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestUnknownTableFunctionIsRefusedByName(t *testing.T) {
	s, err := NewSession(Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.SQL(t.Context(), "SELECT * FROM rangee(3)")
	var e *errclass.Error
	if !errors.As(err, &e) || e.Class != errclass.UnresolvableTableFunction || e.Hint != "Did you mean `range`?" {
		t.Errorf("got %v", err)
	}
}
