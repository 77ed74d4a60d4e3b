package deltalog

import (
	"context"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
)

// The domains of the specification, which features keep. Users can set neither these nor others that begin with systemDomains.
const (
	systemDomains     = "delta."
	domainClustering  = "delta.clustering"
	domainRowTracking = "delta.rowTracking"
)

// Domain is the configuration that a feature or an application keeps in the table, ok false where there is none of that name.
func (s *Snapshot) Domain(ctx context.Context, name string) (domain DomainMetadata, ok bool, err error) {
	small, err := s.complete(ctx)
	if err != nil {
		return DomainMetadata{}, false, s.table.located(err)
	}
	domain, ok = small.domains[name]
	return domain, ok && !domain.Removed, nil
}

// Domains are all of them, by name.
func (s *Snapshot) Domains(ctx context.Context) ([]DomainMetadata, error) {
	small, err := s.complete(ctx)
	if err != nil {
		return nil, s.table.located(err)
	}
	return small.liveDomains(), nil
}

func (s *state) liveDomains() []DomainMetadata {
	live := []DomainMetadata{}
	for _, domain := range s.domains {
		if !domain.Removed {
			live = append(live, domain)
		}
	}
	slices.SortFunc(live, func(a, b DomainMetadata) int { return strings.Compare(a.Domain, b.Domain) })
	return live
}

// SetDomain keeps a piece of configuration in the table, or takes it out (Removed). The table's protocol needs feature
// "domainMetadata". Two transactions that set the same domain conflict.
func (x *Txn) SetDomain(domain DomainMetadata) { x.actions.Domains = append(x.actions.Domains, domain) }

// checkDomains refuses domains that the table cannot keep, and those that belong to a feature of the protocol.
func (x *Txn) checkDomains() error {
	if len(x.actions.Domains) == 0 || x.dropping {
		return nil
	}
	if !x.newProtocol().Supports("domainMetadata") {
		return errclass.DeltaDomainUnsupported.New("Detected DomainMetadata action(s) for domains %s, but DomainMetadataTableFeature is not enabled.",
			quoted(domainNames(x.actions.Domains))).
			WithHint("Give the table the property 'delta.feature.domainMetadata' = 'supported'.")
	}
	seen := map[string]bool{}
	for _, domain := range x.actions.Domains {
		switch {
		case domain.Domain == "":
			return errclass.DeltaDomainUnsupported.New("a domain needs a name.")
		case seen[domain.Domain]:
			return errclass.DeltaDuplicateDomain.New("two DomainMetadata actions within the same transaction have the same domain %s.", domain.Domain)
		case strings.HasPrefix(domain.Domain, systemDomains) && domain.Domain != domainClustering && domain.Domain != domainRowTracking:
			return errclass.DeltaDomainUnsupported.New("domain %q is the system's: names that begin with %q belong to features of the protocol.",
				domain.Domain, systemDomains)
		}
		seen[domain.Domain] = true
	}
	return nil
}

func domainNames(domains []DomainMetadata) []string {
	names := make([]string, len(domains))
	for i, d := range domains {
		names[i] = d.Domain
	}
	return names
}
