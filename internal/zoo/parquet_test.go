package zoo

import (
	"encoding/binary"
	"path"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// parquetOf is the data file that a query's rows make.
func parquetOf(t *testing.T, query string) string {
	t.Helper()
	k := newKeeper(t, volumes.NewSpaceOn(volumestest.NewMemory()))
	if _, err := k.SQL(t.Context(), "CREATE TABLE made AS "+query); err != nil {
		t.Fatal(err)
	}
	for info, err := range k.store.List(t.Context(), "user/hive/warehouse/made", volumes.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path.Base(info.Name), "part-") {
			data, err := volumes.ReadFile(t.Context(), k.store, info.Name)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
	}
	t.Fatal("the table has no data file")
	return ""
}

func TestParquetFilesThatNobodyWants(t *testing.T) {
	good := parquetOf(t, "SELECT id AS n, CAST(id AS string) AS s FROM range(100)")
	with := func(at int, bytes ...byte) string {
		b := []byte(good)
		copy(b[at:], bytes)
		return string(b)
	}
	n := len(good)
	length := int(binary.LittleEndian.Uint32([]byte(good[n-8:])))
	footer := n - 8 - length
	const corrupt = errclass.FailedReadFile
	visitAll(t, map[string]cage{"parquet": {
		format: "parquet", schema: "n bigint, s string", modes: modes[:1], good: good, records: 100,
		beasts: []beast{
			{file: "good.parquet", text: good, good: 100},
			{file: "by another name.txt", text: good, good: 100},
			{file: "of no rows.parquet", text: parquetOf(t, "SELECT id AS n FROM range(1) WHERE id > 1 UNION ALL SELECT id FROM range(3)"), good: 3},
			{file: "of other columns.parquet", text: parquetOf(t, "SELECT 1 AS x, 2 AS y"), good: 1},
			{file: "of fewer columns.parquet", text: parquetOf(t, "SELECT CAST(1 AS bigint) AS n"), good: 1},
			{file: "of narrower columns.parquet", text: parquetOf(t, "SELECT CAST(1 AS int) AS n"), good: 1},
			{file: "of a column that is a string.parquet", text: parquetOf(t, "SELECT 'x' AS n"), class: corrupt, says: "n"},
			{file: "of a column that is a struct.parquet", text: parquetOf(t, "SELECT struct(1) AS n"), class: corrupt, says: "n"},
			{file: "empty.parquet", class: corrupt},
			{file: "one byte.parquet", text: "P", class: corrupt},
			{file: "magic alone.parquet", text: "PAR1", class: corrupt},
			{file: "magic twice.parquet", text: "PAR1PAR1", class: corrupt},
			{file: "magic and nothing.parquet", text: "PAR1\x00\x00\x00\x00PAR1", class: corrupt},
			{file: "json.parquet", text: goodJSON, class: corrupt},
			{file: "zeros.parquet", text: strings.Repeat("\x00", 1<<20), class: corrupt},
			{file: "cut in the middle.parquet", text: good[:n/2], class: corrupt},
			{file: "cut by a byte.parquet", text: good[:n-1], class: corrupt},
			{file: "without its beginning.parquet", text: good[100:], class: corrupt},
			{file: "the footer alone.parquet", text: good[footer:], class: corrupt},
			{file: "encrypted.parquet", text: with(n-4, []byte("PARE")...), class: corrupt},
			{file: "footer longer than the file.parquet", text: with(n-8, 0xff, 0xff, 0xff, 0x7f), class: corrupt},
			{file: "footer of 4 GB.parquet", text: with(n-8, 0xff, 0xff, 0xff, 0xff), class: corrupt},
			{file: "footer of nothing.parquet", text: with(n-8, 0, 0, 0, 0), class: corrupt},
			{file: "footer a byte short.parquet", text: with(n-8, byte(length-1), byte((length-1)>>8)), class: corrupt},
			{file: "footer of zeros.parquet", text: good[:footer] + strings.Repeat("\x00", length) + good[n-8:], class: corrupt},
			{file: "footer of ones.parquet", text: good[:footer] + strings.Repeat("\xff", length) + good[n-8:], class: corrupt},
			{file: "pages of zeros.parquet", text: "PAR1" + strings.Repeat("\x00", footer-4) + good[footer:], class: corrupt},
			{file: "pages of ones.parquet", text: "PAR1" + strings.Repeat("\xff", footer-4) + good[footer:], class: corrupt},
			{file: "a page that was changed.parquet", text: with(60, good[60]^0x10), class: corrupt},
			{file: "pages of another file.parquet", text: good[4:footer] + good[footer:], class: corrupt},
		},
	}})
}
