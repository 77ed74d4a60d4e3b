package handover

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"

	"lakehouse/volumes"
)

// A checksum file stands beside the file that it speaks of. Hadoop's local file system writes a hidden one (".5.delta.crc");
// Spark from 4.1 on may write one of its own ("5.delta.crc").
type checksum struct {
	name, of string
	hidden   bool
	agrees   bool // the file is there and its content is that
	orphan   bool // the file is not there
}

const (
	checksumSuffix = ".crc"
	maxCheckedFile = 1 << 30
)

// eachChecksum walks the checksum files of a checkpoint.
func (c Checkpoint) eachChecksum(ctx context.Context, visit func(checksum) error) error {
	for info, err := range c.Store.List(ctx, ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the checkpoint: %w", err)
		}
		base, ok := strings.CutSuffix(path.Base(info.Name), checksumSuffix)
		if !ok || base == "" {
			continue
		}
		sum := checksum{name: info.Name}
		if plain, hidden := strings.CutPrefix(base, "."); hidden {
			base, sum.hidden = plain, true
		}
		sum.of = path.Join(path.Dir(info.Name), base)
		if err := c.check(ctx, &sum); err != nil {
			return err
		}
		if err := visit(sum); err != nil {
			return err
		}
	}
	return nil
}

func (c Checkpoint) check(ctx context.Context, sum *checksum) error {
	data, err := volumes.ReadFileMax(ctx, c.Store, sum.of, maxCheckedFile)
	if errors.Is(err, fs.ErrNotExist) {
		sum.orphan = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("check %s: %w", sum.of, err)
	}
	said, err := volumes.ReadFileMax(ctx, c.Store, sum.name, maxCheckedFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", sum.name, err)
	}
	if sum.hidden {
		sum.agrees = hadoopAgrees(said, data)
	} else {
		sum.agrees = sparkAgrees(said, data)
	}
	return nil
}

// hadoopAgrees reads "crc\0", the bytes of a chunk, and a CRC-32 for each chunk.
func hadoopAgrees(said, data []byte) bool {
	rest, ok := bytes.CutPrefix(said, []byte("crc\x00"))
	if !ok || len(rest) < 4 {
		return false
	}
	chunk := int(int32(binary.BigEndian.Uint32(rest)))
	sums := rest[4:]
	if chunk <= 0 || len(sums) != (len(data)+chunk-1)/chunk*4 {
		return false
	}
	for r := bytes.NewReader(data); r.Len() > 0; sums = sums[4:] {
		h := crc32.NewIEEE()
		if _, err := io.CopyN(h, r, int64(min(chunk, r.Len()))); err != nil || h.Sum32() != binary.BigEndian.Uint32(sums) {
			return false
		}
	}
	return true
}

// sparkAgrees reads {"algorithm":"CRC32C","value":…,"mainFileSize":…}.
func sparkAgrees(said, data []byte) bool {
	var sum struct {
		Algorithm string `json:"algorithm"`
		Value     int32  `json:"value"`
		Size      int64  `json:"mainFileSize"`
	}
	if json.Unmarshal(said, &sum) != nil || sum.Algorithm != "CRC32C" {
		return false
	}
	return sum.Size == int64(len(data)) && uint32(sum.Value) == crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}

// checksums verifies what checksum files say: a file that is not as Spark left it is damaged, or was written anew here.
func (i *inspection) checksums(ctx context.Context) error {
	agree, wrong := 0, []string{}
	err := i.eachChecksum(ctx, func(sum checksum) error {
		switch {
		case sum.agrees:
			agree++
		case !sum.orphan:
			wrong = append(wrong, sum.of)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if agree > 0 {
		i.report.fine("checksums", fmt.Sprintf("%d files are as their checksums say", agree), "they stay")
	}
	if len(wrong) > 0 {
		i.report.fine("checksums", fmt.Sprintf("%d files are not as their checksums say, %s among them", len(wrong), wrong[0]),
			"they are read without; Spark needs them gone: medallion checkpoint hand-over")
	}
	return nil
}
