package parquetio

import "github.com/parquet-go/parquet-go/format"

// A pageHeader is what readers need of any of the page headers.
type pageHeader struct {
	kind         format.PageType
	uncompressed int32
	size         int32
	crc          uint32
	hasCRC       bool
	values       int32
	encoding     format.Encoding
	defEncoding  format.Encoding
	repEncoding  format.Encoding
	defBytes     int32 // of a version 2 page
	repBytes     int32 // of a version 2 page
	stored       bool  // of a version 2 page: its values are not compressed
}

// decodePageHeader gives the header at the start of data and its length.
func decodePageHeader(data []byte) (pageHeader, int, error) {
	r := &thriftReader{data: data}
	h := pageHeader{kind: -1, values: -1}
	r.fields(func(f thriftField) {
		switch f.id {
		case 1:
			h.kind = format.PageType(r.int32Of(f))
		case 2:
			h.uncompressed = r.int32Of(f)
		case 3:
			h.size = r.int32Of(f)
		case 4:
			h.crc, h.hasCRC = uint32(r.int32Of(f)), true
		case 5:
			r.structOf(f, func(f thriftField) { r.dataPageHeader(&h, f) })
		case 7:
			r.structOf(f, func(f thriftField) { r.dictionaryPageHeader(&h, f) })
		case 8:
			r.structOf(f, func(f thriftField) { r.dataPageHeaderV2(&h, f) })
		default:
			r.skip(f.kind, 0)
		}
	})
	return h, r.at, r.err
}

func (r *thriftReader) dataPageHeader(h *pageHeader, f thriftField) {
	switch f.id {
	case 1:
		h.values = r.int32Of(f)
	case 2:
		h.encoding = format.Encoding(r.int32Of(f))
	case 3:
		h.defEncoding = format.Encoding(r.int32Of(f))
	case 4:
		h.repEncoding = format.Encoding(r.int32Of(f))
	default:
		r.skip(f.kind, 0)
	}
}

func (r *thriftReader) dictionaryPageHeader(h *pageHeader, f thriftField) {
	switch f.id {
	case 1:
		h.values = r.int32Of(f)
	case 2:
		h.encoding = format.Encoding(r.int32Of(f))
	default:
		r.skip(f.kind, 0)
	}
}

func (r *thriftReader) dataPageHeaderV2(h *pageHeader, f thriftField) {
	switch f.id {
	case 1:
		h.values = r.int32Of(f)
	case 4:
		h.encoding = format.Encoding(r.int32Of(f))
	case 5:
		h.defBytes = r.int32Of(f)
	case 6:
		h.repBytes = r.int32Of(f)
	case 7:
		h.stored = !f.truth()
		r.skip(f.kind, 0)
	default:
		r.skip(f.kind, 0)
	}
}
