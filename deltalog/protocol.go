package deltalog

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
)

// Supports reports whether the protocol has the feature, by name or by its versions.
func (p *Protocol) Supports(feature string) bool {
	return slices.Contains(p.demandedOfWriters(), feature) || slices.Contains(p.demandedOfReaders(), feature)
}

// With is the protocol with more features and those that they require. One that is not known, or that this package cannot write,
// is an error by name.
func (p Protocol) With(features ...string) (Protocol, error) {
	needed := map[string]feature{}
	for len(features) > 0 {
		name := features[0]
		features = features[1:]
		f, known := findFeature(name)
		if !known {
			return Protocol{}, unknownFeature(name)
		}
		if needed[name].name == "" {
			needed[name] = f
			features = append(slices.Clone(features), f.requires...)
		}
	}
	if err := writable(needed); err != nil {
		return Protocol{}, err
	}
	return p.clone().raised(needed), nil
}

func unknownFeature(name string) error {
	return errclass.DeltaUnknownFeature.New("table feature %.100q is not known.", name).
		WithHint("%s", errclass.DidYouMean(name, supported(func(feature) bool { return true })))
}

// checkEnabledByHand refuses a change of the metadata of a table that makes use of a feature which is not turned on for want of use alone:
// as in Delta, readers that do not know it shall not be locked out by chance.
func (x *Txn) checkEnabledByHand(p Protocol, m *Metadata) error {
	if x.read == nil {
		return nil
	}
	have := p.demandedOfWriters()
	var missing []string
	for _, f := range features() {
		asked := strings.EqualFold(m.Configuration["delta.feature."+f.name], "supported")
		if f.byHand && !asked && f.active(m) && !slices.Contains(have, f.name) {
			missing = append(missing, f.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errclass.DeltaFeatureManual.New("Your table schema requires manually enablement of the following table feature(s): %s. To do this, run the following command for each of features listed above: "+
		"ALTER TABLE table_name SET TBLPROPERTIES ('delta.feature.feature_name' = 'supported'). Current supported feature(s): %s.",
		strings.Join(missing, ", "), strings.Join(slices.Sorted(slices.Values(have)), ", "))
}

// clone shares nothing with p.
func (p *Protocol) clone() Protocol {
	c := *p
	c.ReaderFeatures, c.WriterFeatures = slices.Clone(p.ReaderFeatures), slices.Clone(p.WriterFeatures)
	return c
}

// equal reports whether both demand the same, in the same words.
func (p *Protocol) equal(q *Protocol) bool {
	return p.MinReaderVersion == q.MinReaderVersion && p.MinWriterVersion == q.MinWriterVersion &&
		sameNames(p.ReaderFeatures, q.ReaderFeatures) && sameNames(p.WriterFeatures, q.WriterFeatures)
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// covers refuses a protocol that has less than the one before it: what the table holds already may need it.
func (p *Protocol) covers(before *Protocol) error {
	var lost []string
	for _, name := range before.Features() {
		if !p.Supports(name) {
			lost = append(lost, name)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return errclass.DeltaInvalidProtocolDowngrade.New("Protocol version cannot be downgraded from %s to %s: %s would be lost.",
		before.versions(), p.versions(), quoted(lost)).
		WithHint("Drop the feature instead.")
}

// versions is how messages write the protocol.
func (p *Protocol) versions() string {
	text := "(" + itoa(int64(p.MinReaderVersion)) + "," + itoa(int64(p.MinWriterVersion))
	if p.MinWriterVersion >= writerTableFeatures {
		text += ",[" + strings.Join(p.ReaderFeatures, ",") + "],[" + strings.Join(p.WriterFeatures, ",") + "]"
	}
	return text + ")"
}

// without is the protocol that lacks a feature. Where what is left is what a pair of versions implies, it is that pair.
func (p Protocol) without(name string) Protocol {
	readers, writers := slices.Clone(p.demandedOfReaders()), slices.Clone(p.demandedOfWriters())
	is := func(n string) bool { return n == name }
	readers, writers = slices.DeleteFunc(readers, is), slices.DeleteFunc(writers, is)
	for _, legacy := range []Protocol{{1, 1, nil, nil}, {1, 2, nil, nil}, {1, 3, nil, nil}, {1, 4, nil, nil}, {2, 5, nil, nil}, {2, 6, nil, nil}} {
		if sameNames(legacy.demandedOfReaders(), readers) && sameNames(legacy.demandedOfWriters(), writers) {
			return legacy
		}
	}
	p.MinWriterVersion, p.WriterFeatures = writerTableFeatures, writers
	if len(readers) == 0 {
		p.MinReaderVersion, p.ReaderFeatures = 1, nil
		return p
	}
	p.MinReaderVersion, p.ReaderFeatures = readerTableFeatures, readers
	return p
}
