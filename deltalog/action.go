package deltalog

import "encoding/json"

// Protocol says what a reader and a writer must understand to touch the table.
type Protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	MinWriterVersion int      `json:"minWriterVersion"`
	ReaderFeatures   []string `json:"readerFeatures,omitempty"`
	WriterFeatures   []string `json:"writerFeatures,omitempty"`
}

// Metadata describes the table: its identity, schema, partitioning and properties.
type Metadata struct {
	ID               string            `json:"id"`
	Name             string            `json:"name,omitempty"`
	Description      string            `json:"description,omitempty"`
	Format           Format            `json:"format"`
	SchemaString     string            `json:"schemaString"` // JSON; see [Metadata.Schema]
	PartitionColumns []string          `json:"partitionColumns"`
	Configuration    map[string]string `json:"configuration"`
	CreatedTime      int64             `json:"createdTime,omitempty"` // milliseconds since the epoch
}

// Format says how data files are encoded. It is always Parquet.
type Format struct {
	Provider string            `json:"provider"`
	Options  map[string]string `json:"options"`
}

// AddFile makes a data file part of the table.
type AddFile struct {
	// Path is the file's name in the table's folder, already decoded: "date=2026-01-01/a b.parquet".
	Path string
	// PartitionValues holds a text for each partition column; nil is null.
	PartitionValues  map[string]*string
	Size             int64
	ModificationTime int64 // milliseconds since the epoch
	// DataChange is false when the file only rearranges rows that the table already had.
	DataChange bool
	// Stats is the statistics as JSON (see [MakeStats]); empty: none.
	Stats                   string
	Tags                    map[string]string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64
	ClusteringProvider      string

	encodedPath string // as the log spells it; see [encodedPathOf]
}

// RemoveFile takes a data file out of the table. It stays in the log as a tombstone for a while, so
// that readers of older versions keep their files.
type RemoveFile struct {
	Path                    string // decoded, as in [AddFile]
	DeletionTimestamp       int64  // milliseconds since the epoch
	DataChange              bool
	ExtendedFileMetadata    bool // PartitionValues and Size are known
	PartitionValues         map[string]*string
	Size                    int64
	Stats                   string
	Tags                    map[string]string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64

	encodedPath string
}

// DeletionVector names the rows of a file that are no longer in the table.
type DeletionVector struct {
	StorageType    string `json:"storageType"`
	PathOrInlineDV string `json:"pathOrInlineDv"`
	Offset         *int32 `json:"offset,omitempty"`
	SizeInBytes    int32  `json:"sizeInBytes"`
	Cardinality    int64  `json:"cardinality"`
	MaxRowIndex    *int64 `json:"maxRowIndex,omitempty"`
}

// AddCDCFile names a file of changed rows, which the change data feed reads.
type AddCDCFile struct {
	Path            string
	PartitionValues map[string]*string
	Size            int64
	Tags            map[string]string

	encodedPath string
}

// SetTransaction records how far an application has written: a streaming query's id and batch.
type SetTransaction struct {
	AppID       string `json:"appId"`
	Version     int64  `json:"version"`
	LastUpdated int64  `json:"lastUpdated,omitempty"` // milliseconds since the epoch; 0: unknown
}

// DomainMetadata is a named piece of configuration that a feature keeps in the table.
type DomainMetadata struct {
	Domain        string `json:"domain"`
	Configuration string `json:"configuration"`
	Removed       bool   `json:"removed"`
}

// CommitInfo says who made a version, how and why. The specification leaves it to writers what they
// put there, so it is read leniently: what is not of the usual type counts as absent.
type CommitInfo struct {
	Timestamp           int64             `json:"timestamp,omitempty"` // milliseconds since the epoch
	InCommitTimestamp   int64             `json:"inCommitTimestamp,omitempty"`
	UserID              string            `json:"userId,omitempty"`
	UserName            string            `json:"userName,omitempty"`
	Operation           string            `json:"operation,omitempty"`
	OperationParameters Parameters        `json:"operationParameters"`
	Job                 json.RawMessage   `json:"job,omitempty"`
	Notebook            json.RawMessage   `json:"notebook,omitempty"`
	ClusterID           string            `json:"clusterId,omitempty"`
	ReadVersion         *int64            `json:"readVersion,omitempty"`
	IsolationLevel      string            `json:"isolationLevel,omitempty"`
	IsBlindAppend       *bool             `json:"isBlindAppend,omitempty"`
	OperationMetrics    map[string]string `json:"operationMetrics"`
	UserMetadata        string            `json:"userMetadata,omitempty"`
	EngineInfo          string            `json:"engineInfo,omitempty"`
	TxnID               string            `json:"txnId,omitempty"`
	Tags                map[string]string `json:"tags,omitempty"`
}

// Actions is what one version changes, action by action in the order of the log.
type Actions struct {
	CommitInfo   *CommitInfo
	Metadata     *Metadata
	Protocol     *Protocol
	Domains      []DomainMetadata
	Transactions []SetTransaction
	Adds         []AddFile
	Removes      []RemoveFile
	CDC          []AddCDCFile

	// Of V2 checkpoints; commits have neither.
	checkpoint *checkpointMetadata
	sidecars   []sidecar
}

// blindAppend reports whether the version says of itself that it read nothing of the table.
func (a *Actions) blindAppend() bool {
	return a.CommitInfo != nil && a.CommitInfo.IsBlindAppend != nil && *a.CommitInfo.IsBlindAppend
}

// operation names what made the version, for messages.
func (a *Actions) operation() string {
	if a.CommitInfo == nil || a.CommitInfo.Operation == "" {
		return "write"
	}
	return a.CommitInfo.Operation
}

// A fileKey identifies a logical file: the data file with its deletion vector.
type fileKey struct {
	path, vector string
}

func (a *AddFile) key() fileKey    { return fileKey{a.Path, a.DeletionVector.id()} }
func (r *RemoveFile) key() fileKey { return fileKey{r.Path, r.DeletionVector.id()} }

// Removed is the action that takes the file out of the table. dataChange is false where its rows stay in the table, in another file.
// deletedAt is in milliseconds since the epoch.
func (a *AddFile) Removed(deletedAt int64, dataChange bool) RemoveFile {
	return RemoveFile{
		Path: a.Path, DeletionTimestamp: deletedAt, DataChange: dataChange,
		ExtendedFileMetadata: true, PartitionValues: a.PartitionValues, Size: a.Size, Tags: a.Tags,
		DeletionVector: a.DeletionVector, BaseRowID: a.BaseRowID,
		DefaultRowCommitVersion: a.DefaultRowCommitVersion, encodedPath: a.encodedPath,
	}
}
