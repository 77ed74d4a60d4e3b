package deltalog

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // the specification's checksum; it guards against torn files, not against people
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// A lastCheckpoint is the _last_checkpoint file: a hint at where to start listing.
type lastCheckpoint struct {
	Version       int64  `json:"version"`
	Size          int64  `json:"size"`
	Parts         int64  `json:"parts,omitempty"`
	SizeInBytes   int64  `json:"sizeInBytes,omitempty"`
	NumOfAddFiles int64  `json:"numOfAddFiles"`
	Checksum      string `json:"checksum,omitempty"`

	V2Checkpoint *lastManifest `json:"v2Checkpoint,omitempty"`
}

// A lastManifest is the file of a V2 checkpoint that has a UUID in its name, as Delta on Spark tells it.
type lastManifest struct {
	Path             string `json:"path"`
	SizeInBytes      int64  `json:"sizeInBytes"`
	ModificationTime int64  `json:"modificationTime"`
}

var lastCheckpoints = exactjson.For[lastCheckpoint]()

// readLastCheckpoint reads the hint. Without one, or with a broken one, the log is listed as a whole.
func readLastCheckpoint(ctx context.Context, store volumes.Store) (lastCheckpoint, bool) {
	data, err := volumes.ReadFileMax(ctx, store, lastCheckpointName, maxSmallBytes)
	if err != nil {
		return lastCheckpoint{}, false
	}
	var hint lastCheckpoint
	if lastCheckpoints.Unmarshal(data, &hint) != nil || hint.Version < 0 {
		return lastCheckpoint{}, false
	}
	if hint.Checksum != "" {
		if sum, err := jsonChecksum(data); err != nil || sum != hint.Checksum {
			return lastCheckpoint{}, false
		}
	}
	return hint, true
}

// writeLastCheckpoint writes the hint, unless one for that version or a newer one is there.
func writeLastCheckpoint(ctx context.Context, store volumes.Store, hint lastCheckpoint) error {
	if old, ok := readLastCheckpoint(ctx, store); ok && old.Version >= hint.Version {
		return nil
	}
	data, err := encodeJSON(hint)
	if err != nil {
		return err
	}
	if hint.Checksum, err = jsonChecksum(data); err != nil {
		return err
	}
	if data, err = encodeJSON(hint); err != nil {
		return err
	}
	return store.Put(ctx, lastCheckpointName, data)
}

// jsonChecksum is the MD5 of a JSON object's canonical form, its own member "checksum" left out.
func jsonChecksum(data []byte) (string, error) {
	text, err := canonicalJSON(data)
	if err != nil {
		return "", err
	}
	sum := md5.Sum([]byte(text)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:]), nil
}

// canonicalJSON writes each leaf as path=value, sorted by path.
func canonicalJSON(data []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var leaves canonicalLeaves
	if err := leaves.object(decoder, ""); err != nil {
		return "", err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("more than one JSON value")
	}
	slices.SortStableFunc(leaves, func(a, b canonicalLeaf) int { return cmp.Compare(a.path, b.path) })
	var out strings.Builder
	for i, leaf := range leaves {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(leaf.path + "=" + leaf.value)
	}
	return out.String(), nil
}

type canonicalLeaf struct{ path, value string }

type canonicalLeaves []canonicalLeaf

func (l *canonicalLeaves) object(d *json.Decoder, prefix string) error {
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(errors.New("no JSON object"), err)
	}
	return l.members(d, prefix, true)
}

const maxCanonicalPath = 1 << 16

// value walks one value at a path. The decoder bounds the depth only by its memory, the path does
// it here.
func (l *canonicalLeaves) value(d *json.Decoder, path string) error {
	if len(path) > maxCanonicalPath {
		return errors.New("nested too deeply")
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		return l.members(d, path+"+", v == '{')
	case string:
		*l = append(*l, canonicalLeaf{path, canonicalText(v)})
	case nil:
		*l = append(*l, canonicalLeaf{path, "null"})
	default: // a number as it was written, or a truth value
		*l = append(*l, canonicalLeaf{path, fmt.Sprint(v)})
	}
	return nil
}

// members walks what is between the brackets of an object, or, named by position, of an array.
func (l *canonicalLeaves) members(d *json.Decoder, prefix string, object bool) error {
	for i := 0; d.More(); i++ {
		name := fmt.Sprint(i)
		if object {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name = canonicalText(token.(string))
		}
		kept := len(*l)
		if err := l.value(d, prefix+name); err != nil {
			return err
		}
		if prefix == "" && name == `"checksum"` {
			*l = (*l)[:kept]
		}
	}
	_, err := d.Token()
	return err
}

// canonicalText is a text in quotes, percent-encoded but for letters, digits and "-._~".
func canonicalText(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
