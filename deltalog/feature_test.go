package deltalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes/volumestest"
)

func TestProtocolGates(t *testing.T) {
	tests := []struct {
		name        string
		protocol    Protocol
		read, write errclass.Class // empty: allowed
		named       string         // in the refusal of the write
	}{
		{"default", Protocol{1, 2, nil, nil}, "", "", ""},
		{"oldest", Protocol{1, 1, nil, nil}, "", "", ""},
		{"check constraints", Protocol{1, 3, nil, nil}, "", "", ""},
		{"generated columns", Protocol{1, 4, nil, nil}, "", "", ""},
		{"column mapping", Protocol{2, 5, nil, nil}, "", "", ""},
		{"column mapping by name", Protocol{3, 7, []string{"columnMapping", "typeWidening"}, []string{"columnMapping", "typeWidening", "changeDataFeed"}}, "", "", ""},
		{"named and known", Protocol{3, 7, []string{"timestampNtz"}, []string{"timestampNtz", "appendOnly", "invariants"}}, "", "", ""},
		{"named, none", Protocol{3, 7, nil, nil}, "", "", ""},
		{"writer feature", Protocol{1, 7, nil, []string{"icebergCompatV3"}}, "", errclass.DeltaUnsupportedWrite, "icebergCompatV3"},
		{"unknown writer feature", Protocol{1, 7, nil, []string{"teleport"}}, "", errclass.DeltaUnsupportedWrite, "teleport"},
		{"reader feature", Protocol{3, 7, []string{"catalogManaged"}, []string{"catalogManaged"}}, errclass.DeltaUnsupportedRead, errclass.DeltaUnsupportedRead, "catalogManaged"},
		{"unknown reader feature", Protocol{3, 7, []string{"teleport"}, []string{"teleport"}}, errclass.DeltaUnsupportedRead, errclass.DeltaUnsupportedRead, "teleport"},
		{"reader of the future", Protocol{99, 7, nil, nil}, errclass.DeltaInvalidProtocol, errclass.DeltaInvalidProtocol, "99"},
		{"writer of the future", Protocol{1, 8, nil, nil}, "", errclass.DeltaInvalidProtocol, "8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, gate := range []struct {
				check func() error
				want  errclass.Class
			}{{test.protocol.CheckRead, test.read}, {test.protocol.CheckWrite, test.write}} {
				err := gate.check()
				if gate.want == "" {
					if err != nil {
						t.Errorf("refused: %v", err)
					}
					continue
				}
				wantClass(t, err, gate.want)
				if err != nil && !strings.Contains(err.Error(), test.named) {
					t.Errorf("%v does not name %s", err, test.named)
				}
			}
		})
	}
}

// A feature that is written must be read as well, and names are the specification's, each once.
func TestFeatureTable(t *testing.T) {
	var seen []string
	for _, f := range features() {
		if f.write && !f.read {
			t.Errorf("%s is written but not read", f.name)
		}
		if f.minReader > 0 && !f.readerWriter {
			t.Errorf("%s has a reader version but is no reader feature", f.name)
		}
		if slices.Contains(seen, f.name) {
			t.Errorf("%s stands twice in the table", f.name)
		}
		seen = append(seen, f.name)
	}
}

func TestProtocolIsRaisedFromLegacy(t *testing.T) {
	m := Metadata{Configuration: map[string]string{"delta.feature.timestampNtz": "supported"}}
	got, err := protocolFor(defaultProtocol(), &m)
	if err != nil {
		t.Fatal(err)
	}
	if got.MinReaderVersion != 3 || !slices.Equal(got.WriterFeatures, []string{"appendOnly", "invariants", "timestampNtz"}) {
		t.Errorf("got %+v", got)
	}
	same, err := protocolFor(got, &m)
	if err != nil || same.MinWriterVersion != 7 || len(same.WriterFeatures) != 3 {
		t.Errorf("raised again: %+v, %v", same, err)
	}
	old, err := protocolFor(Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, &Metadata{Configuration: map[string]string{"delta.appendOnly": "true"}})
	if err != nil || old.MinWriterVersion != 2 {
		t.Errorf("appendOnly raised %+v, %v", old, err)
	}
}

// A table that exists gets TIMESTAMP_NTZ after its feature, and VARIANT without more ado, as in Delta.
func TestFeaturesThatExistingTablesGetByHand(t *testing.T) {
	ctx := t.Context()
	schema := func(more ...types.Field) Schema {
		return Schema{Fields: append([]types.Field{{Name: "a", Type: types.Integer, Nullable: true}}, more...)}
	}
	array := func(of Type) types.Field {
		return types.Field{Name: "b", Type: types.Array{Element: of}, Nullable: true}
	}
	for _, test := range []struct {
		name   string
		was    Schema
		column Type
		ask    string
		want   errclass.Class
	}{
		{"use alone", schema(), types.TimestampNTZ, "", errclass.DeltaFeatureManual},
		{"asked for with it", schema(), types.TimestampNTZ, "timestampNtz", ""},
		{"of a new table", schema(types.Field{Name: "c", Type: types.TimestampNTZ, Nullable: true}), types.TimestampNTZ, "", ""},
		{"variant", schema(), types.Variant, "", ""},
	} {
		table, err := Create(ctx, volumestest.NewMemory(), CreateOptions{Schema: test.was, Options: testOptions()})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := table.Snapshot(ctx)
		if err != nil {
			t.Fatal(err)
		}
		meta := snap.Metadata()
		if test.ask != "" {
			meta.Configuration = map[string]string{"delta.feature." + test.ask: "supported"}
		}
		txn := snap.Begin(Operation{Name: "ADD COLUMNS"})
		txn.UpdateMetadata(meta.WithSchema(Schema{Fields: append(slices.Clone(test.was.Fields), array(test.column))}))
		_, err = txn.Commit(ctx)
		if test.want == "" && err != nil || test.want != "" && !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestParseInterval(t *testing.T) {
	tests := map[string]string{
		"interval 30 days": "720h0m0s", "1 week": "168h0m0s", "INTERVAL 1 day 12 hours": "36h0m0s", "interval 0 hours": "0s",
		"": "", "30": "", "interval": "", "interval -1 days": "", "interval 1 month": "", "interval 9999999999999999999 days": "",
	}
	for text, want := range tests {
		got, ok := parseInterval(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", text, got, ok, want)
		}
	}
}

// All that a protocol demands, whether its versions say so or its lists, each once.
func TestFeaturesOfAProtocol(t *testing.T) {
	tests := []struct {
		protocol Protocol
		want     []string
	}{
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 1}, nil},
		{Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, []string{"appendOnly", "invariants"}},
		{Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"timestampNtz"}, WriterFeatures: []string{"timestampNtz", "appendOnly"}}, []string{"appendOnly", "timestampNtz"}},
	}
	for _, test := range tests {
		if got := test.protocol.Features(); !slices.Equal(got, test.want) {
			t.Errorf("%+v: got %v, want %v", test.protocol, got, test.want)
		}
	}
}

// A table with a feature by its name of before does not get the other one by itself, so that clients which know no other go on reading it.
func TestPreviewsStandForTheirFeatures(t *testing.T) {
	variant := Schema{Fields: []Field{{Name: "v", Type: types.Variant, Nullable: true}}}
	tests := []struct {
		schema        Schema
		configuration map[string]string
		want          []string
	}{
		{peopleSchema, map[string]string{propTypeWidening: "true", "delta.feature.typeWidening-preview": "supported"}, []string{"typeWidening-preview"}},
		{peopleSchema, map[string]string{"delta.feature.typeWidening": "supported", "delta.feature.typeWidening-preview": "supported"}, []string{"typeWidening", "typeWidening-preview"}},
		{variant, map[string]string{"delta.feature.variantType-preview": "supported"}, []string{"variantType-preview"}},
	}
	for _, test := range tests {
		table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{Schema: test.schema, Configuration: test.configuration, Options: testOptions()})
		if err != nil {
			t.Fatal(err)
		}
		s, err := table.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Protocol(); !sameNames(p.ReaderFeatures, test.want) {
			t.Errorf("%v: readers have to know %v, want %v", test.configuration, p.ReaderFeatures, test.want)
		}
	}
}
