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
	TxnID             string            `json:"txnId,omitempty"`
	TableSizeBytes    int64             `json:"tableSizeBytes"`
	NumFiles          int64             `json:"numFiles"`
	NumDeletedRecords *int64            `json:"numDeletedRecordsOpt,omitempty"`
	NumVectors        *int64            `json:"numDeletionVectorsOpt,omitempty"`
	NumMetadata       int64             `json:"numMetadata"`
	NumProtocol       int64             `json:"numProtocol"`
	InCommitTimestamp *int64            `json:"inCommitTimestampOpt,omitempty"`
	SetTransactions   *[]SetTransaction `json:"setTransactions,omitempty"`
	DomainMetadata    *[]DomainMetadata `json:"domainMetadata,omitempty"`
	Metadata          *Metadata         `json:"metadata,omitempty"`
	Protocol          *Protocol         `json:"protocol,omitempty"`
	FileSizes         *sizesJSON        `json:"fileSizeHistogram,omitempty"`
	OldFileSizes      *sizesJSON        `json:"histogramOpt,omitempty"` // as older writers call it
	DeletedCounts     *deletedJSON      `json:"deletedRecordCountsHistogramOpt,omitempty"`
}

type sizesJSON struct {
	Boundaries []int64 `json:"sortedBinBoundaries"`
	Counts     []int64 `json:"fileCounts"`
	Bytes      []int64 `json:"totalBytes"`
}

type deletedJSON struct {
	Counts []int64 `json:"deletedRecordCounts"`
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
		version: version, protocol: sum.Protocol, metadata: sum.Metadata, files: sum.count(),
	}
	if sum.InCommitTimestamp != nil {
		s.stamp = *sum.InCommitTimestamp
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

// count is what the checksum says of the files. Details that do not add up to the whole are left out.
func (sum *checksumJSON) count() fileCount {
	c := fileCount{known: true, number: sum.NumFiles, bytes: sum.TableSizeBytes}
	sizes := sum.FileSizes
	if sizes == nil {
		sizes = sum.OldFileSizes
	}
	if sizes == nil || sum.DeletedCounts == nil || sum.NumDeletedRecords == nil || sum.NumVectors == nil ||
		!slices.Equal(sizes.Boundaries, sizeBoundaries[:]) || len(sizes.Counts) != sizeBins || len(sizes.Bytes) != sizeBins ||
		len(sum.DeletedCounts.Counts) != deletedBins {
		return c
	}
	full := c
	full.detailed, full.deletedRecords, full.vectors = true, *sum.NumDeletedRecords, *sum.NumVectors
	copy(full.sizes.counts[:], sizes.Counts)
	copy(full.sizes.bytes[:], sizes.Bytes)
	copy(full.deletedCounts[:], sum.DeletedCounts.Counts)
	if !full.consistent() || total(sizes.Counts) != c.number || total(sizes.Bytes) != c.bytes || total(sum.DeletedCounts.Counts) != c.number {
		return c
	}
	return full
}

func total(of []int64) (sum int64) {
	for _, n := range of {
		sum += n
	}
	return sum
}

// tell writes down what is known of the files.
func (sum *checksumJSON) tell(c *fileCount) {
	sum.TableSizeBytes, sum.NumFiles = c.bytes, c.number
	if !c.detailed {
		return
	}
	sum.NumDeletedRecords, sum.NumVectors = &c.deletedRecords, &c.vectors
	sum.FileSizes = &sizesJSON{sizeBoundaries[:], c.sizes.counts[:], c.sizes.bytes[:]}
	sum.DeletedCounts = &deletedJSON{c.deletedCounts[:]}
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
		TxnID: txnID, NumMetadata: 1, NumProtocol: 1, Metadata: s.metadata, Protocol: s.protocol,
	}
	sum.tell(&s.files)
	if s.stamp != 0 && s.metadata.commitTimes() {
		sum.InCommitTimestamp = &s.stamp
	}
	if s.txns != nil && len(s.txns) <= maxChecksumTxns {
		txns := slices.SortedFunc(maps.Values(s.txns), func(a, b SetTransaction) int { return cmp.Compare(a.AppID, b.AppID) })
		txns = append([]SetTransaction{}, txns...)
		sum.SetTransactions = &txns
	}
	if s.domains != nil {
		domains := s.liveDomains()
		sum.DomainMetadata = &domains
	}
	data, err := encodeJSON(&sum)
	if err != nil {
		return err
	}
	err = volumes.PutHint(ctx, store, checksumName(s.version), append(data, '\n')) // a torn one is no JSON, and passed over
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
