package handover

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"
)

// hadoopChecksum is the hidden file that Hadoop writes beside a file.
func hadoopChecksum(data []byte, chunk int) []byte {
	out := binary.BigEndian.AppendUint32([]byte("crc\x00"), uint32(chunk))
	for len(data) > 0 {
		n := min(chunk, len(data))
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(data[:n]))
		data = data[n:]
	}
	return out
}

func sparkChecksum(data []byte) []byte {
	sum := int32(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
	return fmt.Appendf(nil, `{"algorithm":"CRC32C","value":%d,"mainFileSize":%d,"timestampMs":1,"creator":{"executorId":"driver","taskInfo":""}}`, sum, len(data))
}

func TestChecksumsOfHadoopAndSparkAgree(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 5000} {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i * 7)
		}
		other := append([]byte{1}, data...)
		if !hadoopAgrees(hadoopChecksum(data, 512), data) || hadoopAgrees(hadoopChecksum(data, 512), other) {
			t.Errorf("%d bytes: Hadoop's checksum is not understood", n)
		}
		if !sparkAgrees(sparkChecksum(data), data) || sparkAgrees(sparkChecksum(data), other) {
			t.Errorf("%d bytes: Spark's checksum is not understood", n)
		}
	}
}

// A checksum file may hold anything; it never agrees with what it is not of.
func FuzzChecksums(f *testing.F) {
	f.Add(hadoopChecksum([]byte("abc"), 512), []byte("abc"))
	f.Add(sparkChecksum([]byte("abc")), []byte("abc"))
	f.Add([]byte("crc\x00\xff\xff\xff\xff"), []byte{})
	f.Fuzz(func(t *testing.T, said, data []byte) {
		if hadoopAgrees(said, data) && hadoopAgrees(said, append(data, 0)) && len(said) > 8 {
			t.Errorf("%x agrees with two contents", said)
		}
		_ = sparkAgrees(said, data)
	})
}
