package deltalog

import (
	"maps"
	"strconv"
)

// A state is the part of a version that has a small, fixed size: everything but its files. It is
// a value: apply makes a new one.
type state struct {
	version  int64
	protocol *Protocol
	metadata *Metadata
	txns     map[string]SetTransaction // nil: not known
	domains  map[string]DomainMetadata
	files    fileCount
}

// fileCount counts the live files, where it is known.
type fileCount struct {
	known  bool
	number int64
	bytes  int64
}

// emptyState is the table before its first version.
func emptyState() state {
	return state{
		version: -1, txns: map[string]SetTransaction{}, domains: map[string]DomainMetadata{},
		files: fileCount{known: true},
	}
}

// apply is the state after one more version.
func (s state) apply(a *Actions) state { return s.replay(replayed{a, s.version + 1, false}) }

// replay is the state after one more version, or after several that were read as one.
func (s state) replay(a replayed) state {
	s.version = a.version
	if a.Protocol != nil {
		s.protocol = a.Protocol
	}
	if a.Metadata != nil {
		s.metadata = a.Metadata
	}
	if len(a.Transactions) > 0 && s.txns != nil {
		s.txns = maps.Clone(s.txns)
		for _, txn := range a.Transactions {
			s.txns[txn.AppID] = txn
		}
	}
	if len(a.Domains) > 0 && s.domains != nil {
		s.domains = maps.Clone(s.domains)
		for _, domain := range a.Domains {
			s.domains[domain.Domain] = domain
		}
	}
	s.files = s.files.apply(a.Actions)
	if a.compacted { // its removes may be of files that it never told of
		s.files = fileCount{}
	}
	return s
}

// apply counts on from one version to the next. It gives up where the actions do not tell: a remove
// without a size, or an add that may replace one of the same file.
func (c fileCount) apply(a *Actions) fileCount {
	if !c.known {
		return c
	}
	for i := range a.Adds {
		if !a.Adds[i].DataChange && len(a.Removes) == 0 {
			return fileCount{}
		}
		c.number++
		c.bytes += a.Adds[i].Size
	}
	for i := range a.Removes {
		if !a.Removes[i].ExtendedFileMetadata {
			return fileCount{}
		}
		c.number--
		c.bytes -= a.Removes[i].Size
	}
	if c.number < 0 || c.bytes < 0 {
		return fileCount{}
	}
	return c
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
