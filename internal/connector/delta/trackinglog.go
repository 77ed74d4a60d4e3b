package delta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// trackedMetadata is an entry of a schema tracking log: the metadata by which a stream reads its table from a version on. Its JSON is
// Delta's.
type trackedMetadata struct {
	TableID               string             `json:"tableId"`
	DeltaCommitVersion    int64              `json:"deltaCommitVersion"`
	DataSchemaJSON        string             `json:"dataSchemaJson"`
	PartitionSchemaJSON   string             `json:"partitionSchemaJson"`
	SourceMetadataPath    string             `json:"sourceMetadataPath"`
	TableConfigurations   *map[string]string `json:"tableConfigurations,omitempty"`
	ProtocolJSON          string             `json:"protocolJson,omitempty"`
	PreviousMetadataSeqNo *int64             `json:"previousMetadataSeqNum,omitempty"`
}

type protocolAction struct {
	Protocol *deltalog.Protocol `json:"protocol"`
}

var (
	trackedTexts  = exactjson.For[trackedMetadata]()
	protocolTexts = exactjson.For[protocolAction]()
)

// track is the entry of a table's metadata at a version.
func track(m deltalog.Metadata, p deltalog.Protocol, version int64, path string) (trackedMetadata, error) {
	schema, err := m.Schema()
	if err != nil {
		return trackedMetadata{}, err
	}
	var partition types.Struct
	for _, name := range m.PartitionColumns {
		if i := schema.Index(name); i >= 0 {
			partition.Fields = append(partition.Fields, schema.Fields[i])
		}
	}
	protocol, err := json.Marshal(protocolAction{&p})
	if err != nil {
		return trackedMetadata{}, err
	}
	conf := m.Configuration
	if conf == nil {
		conf = map[string]string{}
	}
	return trackedMetadata{
		TableID: m.ID, DeltaCommitVersion: version, DataSchemaJSON: string(types.ToJSON(schema)), PartitionSchemaJSON: string(types.ToJSON(partition)),
		SourceMetadataPath: path, TableConfigurations: &conf, ProtocolJSON: string(protocol),
	}, nil
}

// metadata is the table's, as the entry has it; what it leaves out is as in the given one.
func (e *trackedMetadata) metadata(now deltalog.Metadata) (deltalog.Metadata, error) {
	partition, err := types.FromJSON([]byte(e.PartitionSchemaJSON))
	if err != nil {
		return now, unparsable(err)
	}
	now.PartitionColumns = partition.Names()
	now.SchemaString = e.DataSchemaJSON
	if e.TableConfigurations != nil {
		now.Configuration = *e.TableConfigurations
	}
	if _, err := now.Schema(); err != nil {
		return now, unparsable(err)
	}
	return now, nil
}

func (e *trackedMetadata) protocol(now deltalog.Protocol) (deltalog.Protocol, error) {
	if e.ProtocolJSON == "" {
		return now, nil
	}
	var action protocolAction
	if err := protocolTexts.Unmarshal([]byte(e.ProtocolJSON), &action); err != nil || action.Protocol == nil {
		return now, unparsable(errors.Join(err, errors.New("protocolJson holds no protocol")))
	}
	return *action.Protocol, nil
}

func unparsable(err error) error {
	return errclass.DeltaTrackingParse.New("Failed to parse the schema from the Delta streaming source schema log: %w", err).
		WithHint("The schema log may have been corrupted. Please pick a new schema location.")
}

// A trackingLog is the folder _schema_log_<table id> of a stream's schema tracking location: a numbered file for each time that the
// table's metadata has changed. A file is written once.
type trackingLog struct {
	store    volumes.Store
	dir      string // in the store
	uri      string // for messages
	seq      int64  // of the newest entry; -1: there is none
	current  *trackedMetadata
	previous *trackedMetadata // the one whose rows the stream has read before
}

// openTracking reads the log of a table in a location.
func openTracking(ctx context.Context, at volumes.Location, tableID, trackingID string) (*trackingLog, error) {
	name := "_schema_log_" + tableID
	if trackingID != "" {
		name += "_" + trackingID
	}
	at = at.Join(name)
	l := &trackingLog{store: at.Store, dir: at.Key, uri: at.URI, seq: -1}
	for info, err := range l.store.List(ctx, l.dir, volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", l.uri, err)
		}
		if n, err := strconv.ParseInt(path.Base(info.Name), 10, 64); err == nil && n >= 0 {
			l.seq = max(l.seq, n)
		}
	}
	if l.seq < 0 {
		return l, nil
	}
	var err error
	if l.current, err = l.read(ctx, l.seq); err != nil {
		return nil, err
	}
	if l.current.TableID != tableID {
		return nil, errclass.DeltaTrackingOtherTable.New("Detected incompatible Delta table id when trying to read Delta stream. Persisted table id: %s, Table id: %s.", l.current.TableID, tableID).
			WithHint("The schema log might have been reused. Please pick a new schema location.")
	}
	before := l.seq - 1
	if l.current.PreviousMetadataSeqNo != nil {
		before = *l.current.PreviousMetadataSeqNo
	}
	if before < 0 {
		return l, nil
	}
	l.previous, err = l.read(ctx, before)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	return l, err
}

func (l *trackingLog) file(seq int64) string { return path.Join(l.dir, strconv.FormatInt(seq, 10)) }

const maxTracked = 16 << 20

func (l *trackingLog) read(ctx context.Context, seq int64) (*trackedMetadata, error) {
	text, err := volumes.ReadFileMax(ctx, l.store, l.file(seq), maxTracked)
	if err != nil {
		return nil, fmt.Errorf("read %s/%d: %w", l.uri, seq, err)
	}
	return parseTracked(text, l.uri)
}

// trackedVersion is the first line of an entry.
const trackedVersion = "v1"

func parseTracked(text []byte, location string) (*trackedMetadata, error) {
	version, rest, _ := bytes.Cut(text, []byte("\n"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	var e trackedMetadata
	if string(bytes.TrimSpace(version)) != trackedVersion || trackedTexts.Unmarshal(line, &e) != nil || e.TableID == "" {
		return nil, errclass.DeltaTrackingIncomplete.New("Incomplete log file in the Delta streaming source schema log at '%s'.", location).
			WithHint("The schema log may have been corrupted. Please pick a new schema location.")
	}
	return &e, nil
}

func (e *trackedMetadata) text() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(trackedVersion + "\n")
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// add writes the next entry. A replacement counts as the same change as the newest: what was read before stays what it was.
func (l *trackingLog) add(ctx context.Context, e trackedMetadata, replacement bool) error {
	if replacement && l.current != nil {
		before := l.seq - 1
		if l.current.PreviousMetadataSeqNo != nil {
			before = *l.current.PreviousMetadataSeqNo
		}
		e.PreviousMetadataSeqNo = &before
	}
	text, err := e.text()
	if err != nil {
		return err
	}
	err = l.store.PutIfAbsent(ctx, l.file(l.seq+1), text)
	if errors.Is(err, fs.ErrExist) {
		return errclass.DeltaTrackingConflict.New("Detected conflicting schema location '%s' while streaming. Another stream may be reusing the same schema location, which is not allowed.", l.uri).
			WithHint("Please provide a new unique `schemaTrackingLocation` path or `streamingSourceTrackingId` as a reader option for one of the streams from this table.")
	}
	if err != nil {
		return fmt.Errorf("write %s/%d: %w", l.uri, l.seq+1, err)
	}
	if !replacement {
		l.previous = l.current
	}
	l.current, l.seq = &e, l.seq+1
	return nil
}

// secure makes the newest entry, which a killed run may have left visible, safe.
func (l *trackingLog) secure(ctx context.Context) error {
	if l.current == nil {
		return nil
	}
	text, err := l.current.text()
	if err != nil {
		return err
	}
	if err := l.store.PutIfAbsent(ctx, l.file(l.seq), text); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secure %s/%d: %w", l.uri, l.seq, err)
	}
	return nil
}

// hadoopURI is a place as Spark spells it in its checkpoints.
func hadoopURI(uri string) string { return strings.Replace(uri, "file:///", "file:/", 1) }
