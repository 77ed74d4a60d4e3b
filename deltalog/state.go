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
	stamp    int64 // the version's own time, in milliseconds since the epoch; 0: not known
}

// emptyState is the table before its first version.
func emptyState() state {
	return state{
		version: -1, txns: map[string]SetTransaction{}, domains: map[string]DomainMetadata{},
		files: noFiles(),
	}
}

// apply is the state after one more version.
func (s state) apply(a *Actions) state { return s.replay(digestOf(a, s.version+1)) }

// replay is the state after one more version, or after several that were read as one.
func (s state) replay(a *digest) state {
	s.version, s.stamp = a.version, 0
	if a.CommitInfo != nil {
		s.stamp = a.CommitInfo.InCommitTimestamp
	}
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
	s.files = s.files.apply(&a.change)
	if a.compacted { // its removes may be of files that it never told of
		s.files = fileCount{}
	}
	return s
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
