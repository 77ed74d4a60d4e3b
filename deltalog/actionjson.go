package deltalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"lakehouse/internal/exactjson"
)

// An actionLine is one line of a commit: an object with one known member. Unknown actions and unknown fields are
// passed over, so that tables of newer writers stay readable as far as their protocol allows.
type actionLine struct {
	CommitInfo *CommitInfo     `json:"commitInfo,omitempty"`
	Metadata   *Metadata       `json:"metaData,omitempty"`
	Protocol   *Protocol       `json:"protocol,omitempty"`
	Domain     *DomainMetadata `json:"domainMetadata,omitempty"`
	Txn        *SetTransaction `json:"txn,omitempty"`
	Add        *addJSON        `json:"add,omitempty"`
	Remove     *removeJSON     `json:"remove,omitempty"`
	CDC        *cdcJSON        `json:"cdc,omitempty"`

	Checkpoint *checkpointMetadata `json:"checkpointMetadata,omitempty"`
	Sidecar    *sidecar            `json:"sidecar,omitempty"`
}

type addJSON struct {
	Path                    string             `json:"path"`
	PartitionValues         map[string]*string `json:"partitionValues"`
	Size                    int64              `json:"size"`
	ModificationTime        int64              `json:"modificationTime"`
	DataChange              bool               `json:"dataChange"`
	Stats                   string             `json:"stats,omitempty"`
	Tags                    map[string]string  `json:"tags,omitempty"`
	DeletionVector          *DeletionVector    `json:"deletionVector,omitempty"`
	BaseRowID               *int64             `json:"baseRowId,omitempty"`
	DefaultRowCommitVersion *int64             `json:"defaultRowCommitVersion,omitempty"`
	ClusteringProvider      string             `json:"clusteringProvider,omitempty"`
}

type removeJSON struct {
	Path                    string             `json:"path"`
	DeletionTimestamp       int64              `json:"deletionTimestamp,omitempty"`
	DataChange              bool               `json:"dataChange"`
	ExtendedFileMetadata    bool               `json:"extendedFileMetadata,omitempty"`
	PartitionValues         map[string]*string `json:"partitionValues,omitzero"` // empty is not absent
	Size                    *int64             `json:"size,omitempty"`
	Stats                   string             `json:"stats,omitempty"`
	Tags                    map[string]string  `json:"tags,omitempty"`
	DeletionVector          *DeletionVector    `json:"deletionVector,omitempty"`
	BaseRowID               *int64             `json:"baseRowId,omitempty"`
	DefaultRowCommitVersion *int64             `json:"defaultRowCommitVersion,omitempty"`
}

type cdcJSON struct {
	Path            string             `json:"path"`
	PartitionValues map[string]*string `json:"partitionValues"`
	Size            int64              `json:"size"`
	DataChange      bool               `json:"dataChange"`
	Tags            map[string]string  `json:"tags,omitempty"`
}

// actionLines decodes lines: {"Add":…} is an unknown action to every reader.
var actionLines = exactjson.For[actionLine]()

// decodeLine adds the action of one line to a.
func (a *Actions) decodeLine(s *lineScanner, line []byte) error {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return nil
	}
	if known, err := s.scan(line, a); known {
		return err
	}
	var action actionLine
	if err := actionLines.Unmarshal(line, &action); err != nil {
		return err
	}
	return a.add(&action)
}

func (a *Actions) add(line *actionLine) error {
	switch {
	case line.Add != nil:
		return a.addFile(line.Add)
	case line.Remove != nil:
		return a.removeFile(line.Remove)
	case line.Txn != nil:
		a.Transactions = append(a.Transactions, *line.Txn)
	case line.CommitInfo != nil:
		a.CommitInfo = line.CommitInfo
	case line.Metadata != nil:
		if a.Metadata != nil {
			return errors.New("a second metaData action")
		}
		a.Metadata = line.Metadata
	case line.Protocol != nil:
		if a.Protocol != nil {
			return errors.New("a second protocol action")
		}
		a.Protocol = line.Protocol
	case line.Domain != nil:
		a.Domains = append(a.Domains, *line.Domain)
	case line.CDC != nil:
		path, err := decodePath(line.CDC.Path)
		if err != nil {
			return fmt.Errorf("cdc.path: %w", err)
		}
		a.CDC = append(a.CDC, AddCDCFile{path, line.CDC.PartitionValues, line.CDC.Size, line.CDC.Tags, line.CDC.Path})
	case line.Checkpoint != nil:
		a.checkpoint = line.Checkpoint
	case line.Sidecar != nil:
		a.sidecars = append(a.sidecars, *line.Sidecar)
	}
	return nil
}

func (a *Actions) addFile(j *addJSON) error {
	file, err := j.file()
	if err == nil {
		a.Adds = append(a.Adds, file)
	}
	return err
}

func (a *Actions) removeFile(j *removeJSON) error {
	file, err := j.file()
	if err == nil {
		a.Removes = append(a.Removes, file)
	}
	return err
}

func (j *addJSON) file() (AddFile, error) {
	path, err := decodePath(j.Path)
	if err != nil {
		return AddFile{}, fmt.Errorf("add.path: %w", err)
	}
	if j.Size < 0 {
		return AddFile{}, fmt.Errorf("add.size of %q is negative", j.Path)
	}
	return AddFile{
		Path: path, PartitionValues: filled(j.PartitionValues), Size: j.Size, ModificationTime: j.ModificationTime,
		DataChange: j.DataChange, Stats: j.Stats, Tags: j.Tags, DeletionVector: j.DeletionVector,
		BaseRowID: j.BaseRowID, DefaultRowCommitVersion: j.DefaultRowCommitVersion,
		ClusteringProvider: j.ClusteringProvider, encodedPath: j.Path,
	}, nil
}

func (j *removeJSON) file() (RemoveFile, error) {
	path, err := decodePath(j.Path)
	if err != nil {
		return RemoveFile{}, fmt.Errorf("remove.path: %w", err)
	}
	file := RemoveFile{
		Path: path, DeletionTimestamp: j.DeletionTimestamp, DataChange: j.DataChange,
		ExtendedFileMetadata: j.ExtendedFileMetadata && j.Size != nil, PartitionValues: filled(j.PartitionValues),
		Stats: j.Stats, Tags: j.Tags, DeletionVector: j.DeletionVector, BaseRowID: j.BaseRowID,
		DefaultRowCommitVersion: j.DefaultRowCommitVersion, encodedPath: j.Path,
	}
	if j.Size != nil {
		file.Size = *j.Size
	}
	return file, nil
}

// filled is nil for an empty map, as of a file of a table without partitions.
func filled(values map[string]*string) map[string]*string {
	if len(values) == 0 {
		return nil
	}
	return values
}

func (a *AddFile) json() *addJSON {
	values := a.PartitionValues
	if values == nil {
		values = map[string]*string{}
	}
	return &addJSON{
		Path: encodedPathOf(a.Path, a.encodedPath), PartitionValues: values, Size: a.Size,
		ModificationTime: a.ModificationTime, DataChange: a.DataChange, Stats: a.Stats, Tags: a.Tags,
		DeletionVector: a.DeletionVector, BaseRowID: a.BaseRowID,
		DefaultRowCommitVersion: a.DefaultRowCommitVersion, ClusteringProvider: a.ClusteringProvider,
	}
}

func (c *AddCDCFile) json() *cdcJSON {
	values := c.PartitionValues
	if values == nil {
		values = map[string]*string{}
	}
	return &cdcJSON{Path: encodedPathOf(c.Path, c.encodedPath), PartitionValues: values, Size: c.Size, Tags: c.Tags}
}

// MarshalJSON writes the action as the log holds it.
func (a AddFile) MarshalJSON() ([]byte, error) { return encodeJSON(a.json()) }

// MarshalJSON writes the action as the log holds it.
func (r RemoveFile) MarshalJSON() ([]byte, error) { return encodeJSON(r.json()) }

func (r *RemoveFile) json() *removeJSON {
	j := &removeJSON{
		Path: encodedPathOf(r.Path, r.encodedPath), DeletionTimestamp: r.DeletionTimestamp,
		DataChange: r.DataChange, ExtendedFileMetadata: r.ExtendedFileMetadata, Stats: r.Stats, Tags: r.Tags,
		DeletionVector: r.DeletionVector, BaseRowID: r.BaseRowID,
		DefaultRowCommitVersion: r.DefaultRowCommitVersion,
	}
	if r.ExtendedFileMetadata {
		j.Size, j.PartitionValues = &r.Size, r.PartitionValues
		if j.PartitionValues == nil {
			j.PartitionValues = map[string]*string{}
		}
	}
	return j
}

// MarshalJSON writes partitionColumns, configuration and options even where they are empty: the
// specification requires them.
func (m Metadata) MarshalJSON() ([]byte, error) {
	type plain Metadata
	if m.PartitionColumns == nil {
		m.PartitionColumns = []string{}
	}
	if m.Configuration == nil {
		m.Configuration = map[string]string{}
	}
	if m.Format.Options == nil {
		m.Format.Options = map[string]string{}
	}
	return encodeJSON(plain(m))
}

// MarshalJSON writes both feature lists where the versions call for them, even where they are empty.
func (p Protocol) MarshalJSON() ([]byte, error) {
	j := struct {
		MinReaderVersion int       `json:"minReaderVersion"`
		MinWriterVersion int       `json:"minWriterVersion"`
		ReaderFeatures   *[]string `json:"readerFeatures,omitempty"`
		WriterFeatures   *[]string `json:"writerFeatures,omitempty"`
	}{MinReaderVersion: p.MinReaderVersion, MinWriterVersion: p.MinWriterVersion}
	if p.MinReaderVersion >= readerTableFeatures {
		features := append([]string{}, p.ReaderFeatures...)
		j.ReaderFeatures = &features
	}
	if p.MinWriterVersion >= writerTableFeatures {
		features := append([]string{}, p.WriterFeatures...)
		j.WriterFeatures = &features
	}
	return encodeJSON(j)
}

// encode writes the version as lines, commitInfo first, then in Spark's order.
func (a *Actions) encode() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for line := range a.lines {
		if err := encoder.Encode(line); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func (a *Actions) lines(yield func(*actionLine) bool) {
	if a.checkpoint != nil && !yield(&actionLine{Checkpoint: a.checkpoint}) {
		return
	}
	if a.CommitInfo != nil && !yield(&actionLine{CommitInfo: a.CommitInfo}) {
		return
	}
	if a.Metadata != nil && !yield(&actionLine{Metadata: a.Metadata}) {
		return
	}
	if a.Protocol != nil && !yield(&actionLine{Protocol: a.Protocol}) {
		return
	}
	for i := range a.Domains {
		if !yield(&actionLine{Domain: &a.Domains[i]}) {
			return
		}
	}
	for i := range a.Transactions {
		if !yield(&actionLine{Txn: &a.Transactions[i]}) {
			return
		}
	}
	for i := range a.Adds {
		if !yield(&actionLine{Add: a.Adds[i].json()}) {
			return
		}
	}
	for i := range a.Removes {
		if !yield(&actionLine{Remove: a.Removes[i].json()}) {
			return
		}
	}
	for i := range a.sidecars {
		if !yield(&actionLine{Sidecar: &a.sidecars[i]}) {
			return
		}
	}
	for i := range a.CDC {
		if !yield(&actionLine{CDC: a.CDC[i].json()}) {
			return
		}
	}
}

// encodeJSON is json.Marshal without the escapes meant for HTML.
func encodeJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
