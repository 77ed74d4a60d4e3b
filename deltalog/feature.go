package deltalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// From these versions on, a protocol lists its features by name.
const (
	readerTableFeatures = 3
	writerTableFeatures = 7
)

// A feature is one capability that a protocol can demand. The table below is the whole truth about
// what this package reads and writes: to support a feature, turn its flags on and write the code.
type feature struct {
	name         string
	readerWriter bool // readers must understand it, too
	minReader    int  // the legacy version that implies it; 0: only by name
	minWriter    int
	read, write  bool                 // this package does
	active       func(*Metadata) bool // the table makes use of it; nil: no telling from the metadata
	byHand       bool                 // a table that exists gets it by its property only, not by making use of it
	strict       bool                 // a transaction that does not know of it may not come behind it, as its files may lack what the feature asks for
	requires     []string             // the features that must come with it
}

func features() []feature {
	return []feature{
		{name: "appendOnly", minWriter: 2, read: true, write: true, active: propertyIs("delta.appendOnly", "true")},
		{name: "invariants", minWriter: 2, read: true, write: true, strict: true},
		{name: "checkConstraints", minWriter: 3, read: true, write: true, active: hasConstraint, strict: true},
		{name: "changeDataFeed", minWriter: 4, read: true, write: true, active: propertyIs("delta.enableChangeDataFeed", "true")},
		{name: "generatedColumns", minWriter: 4, read: true, write: true, active: hasField("delta.generationExpression"), strict: true},
		{name: "columnMapping", readerWriter: true, minReader: 2, minWriter: 5, read: true, write: true, active: hasColumnMapping},
		{name: "identityColumns", minWriter: 6, read: true, write: true, active: hasField("delta.identity.start"), strict: true},
		{name: "deletionVectors", readerWriter: true, read: true, write: true, active: propertyIs("delta.enableDeletionVectors", "true")},
		{name: "rowTracking", requires: []string{"domainMetadata"}, read: true, write: true, active: propertyIs("delta.enableRowTracking", "true")},
		{name: "timestampNtz", readerWriter: true, read: true, write: true, active: hasTimestampNTZ, byHand: true},
		{name: "domainMetadata", read: true, write: true},
		{name: "v2Checkpoint", readerWriter: true, read: true, write: true, active: propertyIs("delta.checkpointPolicy", "v2")},
		{name: "inCommitTimestamp", read: true, write: true, active: propertyIs("delta.enableInCommitTimestamps", "true")},
		{name: "timestampWithoutTimezone", readerWriter: true, read: true}, // what some have called timestampNtz; the kernel reads it, too
		{name: "typeWidening", readerWriter: true, read: true, write: true, active: propertyIs("delta.enableTypeWidening", "true")},
		{name: wideningPreview, readerWriter: true, read: true, write: true},
		{name: "clustering", requires: []string{"domainMetadata"}, read: true, write: true, strict: true},
		{name: "allowColumnDefaults", read: true, write: true, active: hasField("CURRENT_DEFAULT"), strict: true},
		{name: "variantType", readerWriter: true, read: true, write: true, active: hasVariant, strict: true},
		{name: variantPreview, readerWriter: true, read: true, write: true, strict: true},
		// Files of such a table may be shredded, and need not: this package's caller writes them whole.
		{name: "variantShredding", requires: []string{"variantType"}, readerWriter: true, read: true, write: true, active: propertyIs("delta.enableVariantShredding", "true"), strict: true},
		{name: "variantShredding-preview", readerWriter: true, read: true, write: true, strict: true},
		{name: "vacuumProtocolCheck", readerWriter: true, read: true, write: true},
		{name: "catalogOwned-preview", requires: []string{"inCommitTimestamp", "vacuumProtocolCheck"}, readerWriter: true},
		{name: "catalogManaged", requires: []string{"inCommitTimestamp", "vacuumProtocolCheck"}, readerWriter: true},
		{name: "icebergCompatV1", requires: []string{"columnMapping"}, read: true, write: true, active: propertyIs("delta.enableIcebergCompatV1", "true")},
		{name: "icebergCompatV2", requires: []string{"columnMapping"}, read: true, write: true, active: propertyIs("delta.enableIcebergCompatV2", "true")},

		// Known to other writers, not in the specification's list. Those that ask nothing of a reader are read.
		{name: "icebergCompatV3", requires: []string{"columnMapping", "rowTracking"}, read: true, active: propertyIs("delta.enableIcebergCompatV3", "true")},
		{name: protection, read: true, write: true},
		{name: featureMaterialize, read: true, write: true, active: propertyIs(propMaterialize, "true"), strict: true},
		{name: "coordinatedCommits-preview", requires: []string{"inCommitTimestamp", "vacuumProtocolCheck"}, read: true},
		{name: "redirectWriterOnly-preview", read: true},
		{name: "icebergWriterCompatV1", requires: []string{"icebergCompatV2"}, read: true},
		{name: "icebergWriterCompatV3", requires: []string{"icebergCompatV3"}, read: true},
		{name: "columnMappingUsageTracking", requires: []string{"columnMapping"}, read: true},
		// The bounds of such a column, and how it compares, may be another order's; its rows are what they are.
		{name: "collations", requires: []string{"domainMetadata"}, read: true},
		{name: "collations-preview", requires: []string{"domainMetadata"}, read: true},
		{name: "redirectReaderWriter-preview", readerWriter: true},
		{name: "geospatial", readerWriter: true},
		{name: "geospatial-dev", readerWriter: true},
		{name: "adaptiveMetadata", readerWriter: true},
		{name: "adaptiveMetadata-preview", readerWriter: true},
		{name: "timestampNanos", requires: []string{"timestampNtz"}, readerWriter: true},
	}
}

func propertyIs(name, value string) func(*Metadata) bool {
	return func(m *Metadata) bool { return strings.EqualFold(m.Configuration[name], value) }
}

// hasField reports whether a column carries the metadata key.
func hasField(key string) func(*Metadata) bool {
	return func(m *Metadata) bool {
		if !strings.Contains(m.SchemaString, key) {
			return false
		}
		schema, err := m.Schema()
		return err == nil && fieldWith(schema, key) != ""
	}
}

func hasConstraint(m *Metadata) bool {
	for name := range m.Configuration {
		if strings.HasPrefix(name, "delta.constraints.") {
			return true
		}
	}
	return false
}

func hasColumnMapping(m *Metadata) bool {
	mode := m.Configuration["delta.columnMapping.mode"]
	return mode != "" && !strings.EqualFold(mode, "none")
}

func hasTimestampNTZ(m *Metadata) bool {
	schema, err := m.Schema()
	return err == nil && contains(schema, types.TimestampNTZ)
}

// The names of features before they were ones: a table that has them needs no others, and clients that know no others shall go on reading it.
const (
	variantPreview  = "variantType-preview"
	wideningPreview = "typeWidening-preview"
)

func hasVariant(m *Metadata) bool {
	schema, err := m.Schema()
	return err == nil && types.HasVariant(schema)
}

func contains(t, wanted Type) bool {
	switch t := t.(type) {
	case Schema:
		return slices.ContainsFunc(t.Fields, func(f Field) bool { return contains(f.Type, wanted) })
	case Array:
		return contains(t.Element, wanted)
	case Map:
		return contains(t.Key, wanted) || contains(t.Value, wanted)
	default:
		return t == wanted
	}
}

func findFeature(name string) (feature, bool) {
	all := features()
	i := slices.IndexFunc(all, func(f feature) bool { return f.name == name })
	if i < 0 {
		return feature{}, false
	}
	return all[i], true
}

// CheckRead refuses, by name, the features that this package cannot read.
func (p *Protocol) CheckRead() error {
	var missing []string
	for _, name := range p.demandedOfReaders() {
		if f, known := findFeature(name); !known || !f.read {
			missing = append(missing, name)
		}
	}
	if p.MinReaderVersion > readerTableFeatures || p.MinReaderVersion < 0 {
		return errclass.DeltaInvalidProtocol.New(
			"the table requires reader version %d and writer version %d; this build reads versions 1 to %d.",
			p.MinReaderVersion, p.MinWriterVersion, readerTableFeatures).
			WithHint("Upgrade, or read a version of the table from before its protocol was raised.")
	}
	if len(missing) == 0 {
		return nil
	}
	return errclass.DeltaUnsupportedRead.New("the table needs reader feature(s) %s; this build reads %s.",
		quoted(missing), strings.Join(supported(func(f feature) bool { return f.read && f.readerWriter }), ", ")).
		WithHint("Read a version from before the feature was turned on, drop the feature, or upgrade.")
}

// CheckWrite refuses, by name, the features that this package cannot write.
func (p *Protocol) CheckWrite() error {
	if err := p.CheckRead(); err != nil {
		return err
	}
	if p.MinWriterVersion > writerTableFeatures || p.MinWriterVersion < 0 {
		return errclass.DeltaInvalidProtocol.New(
			"the table requires reader version %d and writer version %d; this build writes versions 1 to %d.",
			p.MinReaderVersion, p.MinWriterVersion, writerTableFeatures).WithHint("Upgrade to write it.")
	}
	var missing []string
	for _, name := range p.demandedOfWriters() {
		if f, known := findFeature(name); !known || !f.write {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errclass.DeltaUnsupportedWrite.New("the table needs writer feature(s) %s; this build writes %s.",
		quoted(missing), strings.Join(supported(func(f feature) bool { return f.write }), ", ")).
		WithHint("The table can still be read. Drop the feature, or upgrade.")
}

// Features are the names of all features that the protocol demands, of readers or writers, by name or by version.
func (p *Protocol) Features() []string {
	all := append(slices.Clone(p.demandedOfReaders()), p.demandedOfWriters()...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (p *Protocol) demandedOfReaders() []string {
	if p.MinReaderVersion >= readerTableFeatures {
		return p.ReaderFeatures
	}
	return supported(func(f feature) bool { return f.minReader > 0 && f.minReader <= p.MinReaderVersion })
}

func (p *Protocol) demandedOfWriters() []string {
	if p.MinWriterVersion >= writerTableFeatures {
		return p.WriterFeatures
	}
	return supported(func(f feature) bool { return f.minWriter > 0 && f.minWriter <= p.MinWriterVersion })
}

func supported(by func(feature) bool) []string {
	var names []string
	for _, f := range features() {
		if by(f) {
			names = append(names, f.name)
		}
	}
	return names
}

// namedAtMost bounds a list of names that the log has chosen.
const namedAtMost = 20

func quoted(names []string) string {
	short := make([]string, 0, namedAtMost)
	for _, name := range names[:min(len(names), namedAtMost)] {
		short = append(short, fmt.Sprintf("%.100s", name))
	}
	list := `"` + strings.Join(short, `", "`) + `"`
	if more := len(names) - len(short); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// protocolFor is the weakest protocol that allows what the metadata makes use of, not below the
// current one. Features that this package cannot write are refused by name.
func protocolFor(current Protocol, m *Metadata) (Protocol, error) {
	needed := map[string]feature{}
	for _, f := range features() {
		asked := strings.EqualFold(m.Configuration["delta.feature."+f.name], "supported")
		if asked || f.active != nil && f.active(m) {
			needed[f.name] = f
		}
	}
	for preview, feature := range map[string]string{variantPreview: "variantType", wideningPreview: "typeWidening"} {
		if slices.Contains(current.WriterFeatures, preview) || needed[preview].name != "" {
			delete(needed, feature)
		}
	}
	for name := range m.Configuration {
		if asked, ok := strings.CutPrefix(name, "delta.feature."); ok && needed[asked].name == "" {
			needed[asked] = feature{name: asked}
		}
	}
	return current.With(slices.Sorted(maps.Keys(needed))...)
}

// writable refuses, by name, the features that this package cannot write.
func writable(needed map[string]feature) error {
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if f := needed[name]; !f.write {
			return errclass.DeltaUnsupportedWrite.New(
				"the table's schema or properties need feature %q; this build writes %s.", name,
				strings.Join(supported(func(f feature) bool { return f.write }), ", ")).
				WithHint("Leave out the property or the type that needs it.")
		}
	}
	return nil
}

// dropProtocolProperties takes the properties out of the metadata that speak of the protocol: the
// protocol action holds what they ask for. A version above it is refused, not passed over.
func (m *Metadata) dropProtocolProperties(p Protocol) error {
	for name, limit := range map[string]int{"delta.minReaderVersion": p.MinReaderVersion, "delta.minWriterVersion": p.MinWriterVersion} {
		text, set := m.Configuration[name]
		if n, err := strconv.Atoi(text); set && (err != nil || n > limit) {
			return errclass.DeltaUnsupportedWrite.New("table property %s = '%s': the table needs only version %d.", name, text, limit).
				WithHint("Name the feature instead: 'delta.feature.<name>' = 'supported'.")
		}
		delete(m.Configuration, name)
	}
	maps.DeleteFunc(m.Configuration, func(name, _ string) bool { return strings.HasPrefix(name, "delta.feature.") })
	return nil
}

// raised is the protocol with the needed features: unchanged where the versions imply them already.
func (p Protocol) raised(needed map[string]feature) Protocol {
	have := p.demandedOfWriters()
	var missing []feature
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if !slices.Contains(have, name) {
			missing = append(missing, needed[name])
		}
	}
	if len(missing) == 0 {
		return p
	}
	legacy := p.MinWriterVersion < writerTableFeatures
	p.WriterFeatures = slices.Clone(have)
	p.ReaderFeatures = slices.Clone(p.demandedOfReaders())
	p.MinWriterVersion = writerTableFeatures
	for _, f := range missing {
		p.WriterFeatures = append(p.WriterFeatures, f.name)
		if f.readerWriter {
			p.MinReaderVersion = max(p.MinReaderVersion, cmp.Or(f.minReader, readerTableFeatures)) // one that a version implies asks for no names
			p.ReaderFeatures = append(p.ReaderFeatures, f.name)
		}
	}
	if p.MinReaderVersion < readerTableFeatures {
		p.ReaderFeatures = nil
	}
	if legacy {
		return p.byVersion()
	}
	return p
}

// byVersion is the protocol by a version alone, where one implies just the features that it lists: more readers and writers open it.
func (p Protocol) byVersion() Protocol {
	if p.MinReaderVersion >= readerTableFeatures {
		return p
	}
	listed := slices.Sorted(slices.Values(p.WriterFeatures))
	for version := 2; version < writerTableFeatures; version++ {
		of := Protocol{MinReaderVersion: p.MinReaderVersion, MinWriterVersion: version}
		if slices.Equal(slices.Sorted(slices.Values(of.demandedOfWriters())), listed) {
			return of
		}
	}
	return p
}

// defaultProtocol is what the weakest reader opens.
func defaultProtocol() Protocol { return Protocol{MinReaderVersion: 1, MinWriterVersion: 2} }
