package catalog

import (
	"reflect"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// An entry that is read is written as one that reads the same, and has the name that it was asked for by.
func FuzzEntry(f *testing.F) {
	name := Name{Catalog: "c", Schema: "s", Table: "t"}
	for _, seed := range []string{`{}`, `{"location":"/a","provider":"delta","properties":{"a":"b"}}`, `{"name":{"Catalog":"x"}}`, `null`, `[]`, `{"location":1}`, `{"renamedTo":{"Catalog":"c","Schema":"s","Table":"u"},"renamedFrom":{"Catalog":""}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		store := volumestest.NewMemory()
		c := New(volumes.NewSpaceOn(store))
		if err := store.Put(t.Context(), name.file(), text); err != nil {
			t.Fatal(err)
		}
		entry, err := c.entry(t.Context(), name)
		if err != nil {
			return
		}
		if entry.Name != name {
			t.Fatalf("%q has the name %v", text, entry.Name)
		}
		if err := c.put(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		if again, err := c.entry(t.Context(), name); err != nil || !reflect.DeepEqual(again, entry) {
			t.Fatalf("%+v is read as %+v, %v", entry, again, err)
		}
	})
}
