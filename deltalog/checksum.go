package deltalog

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// A checksumJSON is a version checksum file: what a version is, but for its files. It lets a reader
// open a table without its checkpoint.
type checksumJSON struct {
	TxnID           string            `json:"txnId,omitempty"`
	TableSizeBytes  int64             `json:"tableSizeBytes"`
	NumFiles        int64             `json:"numFiles"`
	NumMetadata     int64             `json:"numMetadata"`
	NumProtocol     int64             `json:"numProtocol"`
	SetTransactions *[]SetTransaction `json:"setTransactions,omitempty"`
	DomainMetadata  *[]DomainMetadata `json:"domainMetadata,omitempty"`
	Metadata        *Metadata         `json:"metadata,omitempty"`
	Protocol        *Protocol         `json:"protocol,omitempty"`
}

var checksums = exactjson.For[checksumJSON]()

// readChecksum is the state that a checksum file tells. A file that is missing, broken or of an old
// writer that told less is no error, only no help.
func readChecksum(ctx context.Context, store volumes.Store, version int64) (state, bool) {
	data, err := volumes.ReadFileMax(ctx, store, checksumName(version), maxSmallBytes)
	if err != nil {
		return state{}, false
	}
	var sum checksumJSON
	if checksums.Unmarshal(data, &sum) != nil || sum.Metadata == nil || sum.Protocol == nil ||
		sum.Metadata.ID == "" || sum.NumFiles < 0 || sum.TableSizeBytes < 0 {
		return state{}, false
	}
	s := state{
		version: version, protocol: sum.Protocol, metadata: sum.Metadata,
		files: fileCount{known: true, number: sum.NumFiles, bytes: sum.TableSizeBytes},
	}
	if sum.SetTransactions != nil {
		s.txns = make(map[string]SetTransaction, len(*sum.SetTransactions))
		for _, txn := range *sum.SetTransactions {
			s.txns[txn.AppID] = txn
		}
	}
	if sum.DomainMetadata != nil {
		s.domains = make(map[string]DomainMetadata, len(*sum.DomainMetadata))
		for _, domain := range *sum.DomainMetadata {
			s.domains[domain.Domain] = domain
		}
	}
	return s, true
}

// maxChecksumTxns bounds a checksum file: a table with more applications leaves them out, and its
// readers look for them in the checkpoint.
const maxChecksumTxns = 1000

// writeChecksum writes the version's checksum file, unless the state does not tell enough or the
// file exists.
func writeChecksum(ctx context.Context, store volumes.Store, s state, txnID string) error {
	if !s.files.known || s.metadata == nil || s.protocol == nil {
		return nil
	}
	sum := checksumJSON{
		TxnID: txnID, TableSizeBytes: s.files.bytes, NumFiles: s.files.number, NumMetadata: 1, NumProtocol: 1,
		Metadata: s.metadata, Protocol: s.protocol,
	}
	if s.txns != nil && len(s.txns) <= maxChecksumTxns {
		txns := slices.SortedFunc(maps.Values(s.txns), func(a, b SetTransaction) int { return cmp.Compare(a.AppID, b.AppID) })
		txns = append([]SetTransaction{}, txns...)
		sum.SetTransactions = &txns
	}
	if s.domains != nil {
		domains := []DomainMetadata{}
		for _, name := range slices.Sorted(maps.Keys(s.domains)) {
			if d := s.domains[name]; !d.Removed {
				domains = append(domains, d)
			}
		}
		sum.DomainMetadata = &domains
	}
	data, err := encodeJSON(&sum)
	if err != nil {
		return err
	}
	err = store.PutIfAbsent(ctx, checksumName(s.version), append(data, '\n'))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
