package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var (
	errBrokenRecord = errors.New("a record is cut or makes no sense")
	errBrokenBatch  = errors.New("a batch of records is cut or makes no sense")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Where the parts of a record batch (magic 2) lie.
const (
	atLength     = 8
	atMagic      = 16
	atCRC        = 17
	atAttributes = 21
	atLastDelta  = 23
	atFirstTime  = 27
	atMaxTime    = 35
	atProducer   = 43
	atCount      = 57
	atRecords    = 61

	beforeLength = 12 // what a batch's length leaves out
	shortest     = atMagic + 1
)

// The attributes of a batch.
const (
	codecMask     = 0x07
	appendTime    = 0x08
	transactional = 0x10
	control       = 0x20
)

// walk finds the offset after the last complete batch of an answer; whole is how much of the answer is complete.
func walk(answer []byte) (next int64, whole int, err error) {
	for rest := answer; len(rest) >= shortest; {
		base, length := int64(binary.BigEndian.Uint64(rest)), int(int32(binary.BigEndian.Uint32(rest[atLength:])))
		if length < shortest-beforeLength || base < 0 {
			return 0, 0, errBrokenBatch
		}
		if length > len(rest)-beforeLength {
			break
		}
		size := beforeLength + length
		next = base + 1
		if rest[atMagic] >= 2 {
			if size < atRecords {
				return 0, 0, errBrokenBatch
			}
			next = base + max(int64(int32(binary.BigEndian.Uint32(rest[atLastDelta:]))), 0) + 1
		}
		rest, whole = rest[size:], whole+size
	}
	return next, whole, nil
}

// A decoder makes records of the answers of one partition.
type decoder struct {
	from, until int64 // offsets before and after are passed over
	crcs        bool
	committed   bool // records of aborted transactions are passed over
	inflate     inflater

	aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction // of this answer, still to begin
	aborts  map[int64]bool                                       // producers whose transaction is one that was aborted
	one     record
}

// answer is what one fetch gave, of one partition.
type answer struct {
	records []byte
	aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction
}

// decode gives each record of an answer in turn. The record is used anew for the next.
func (d *decoder) decode(a answer, each func(*record) error) error {
	d.aborted = slices.Clone(a.aborted)
	slices.SortFunc(d.aborted, func(a, b kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1))
	})
	d.aborts = map[int64]bool{}
	for rest := a.records; len(rest) >= shortest; {
		size := beforeLength + int(int32(binary.BigEndian.Uint32(rest[atLength:])))
		if size < shortest || size > len(rest) {
			return nil // walk has seen that what is complete is sound; the rest is fetched again
		}
		var err error
		if rest[atMagic] >= 2 {
			err = d.batch(rest[:size], each)
		} else {
			err = d.old(rest[:size], each)
		}
		if err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}

// batch decodes one batch of magic 2.
func (d *decoder) batch(b []byte, each func(*record) error) error {
	if len(b) < atRecords || b[atMagic] > 2 {
		return fmt.Errorf("%w: format %d", errBrokenBatch, b[atMagic])
	}
	if want := binary.BigEndian.Uint32(b[atCRC:]); d.crcs && crc32.Checksum(b[atAttributes:], castagnoli) != want {
		return fmt.Errorf("%w: its check sum is wrong", errBrokenBatch)
	}
	attributes := binary.BigEndian.Uint16(b[atAttributes:])
	base := int64(binary.BigEndian.Uint64(b))
	last := base + int64(int32(binary.BigEndian.Uint32(b[atLastDelta:])))
	producer := int64(binary.BigEndian.Uint64(b[atProducer:]))
	if d.committed {
		d.begin(last)
	}
	switch {
	case attributes&control != 0:
		d.end(producer)
		return nil
	case d.committed && attributes&transactional != 0 && d.aborts[producer]:
		return nil
	case last < d.from || base >= d.until:
		return nil
	}
	raw, err := d.inflate.records(b[atRecords:], attributes&codecMask)
	if err != nil {
		return err
	}
	d.one.timeType = 0
	if attributes&appendTime != 0 {
		d.one.timeType = 1
	}
	return d.each(raw, int32(binary.BigEndian.Uint32(b[atCount:])), base, int64(binary.BigEndian.Uint64(b[atFirstTime:])), int64(binary.BigEndian.Uint64(b[atMaxTime:])), each)
}

// begin notes the aborted transactions that have begun up to an offset.
func (d *decoder) begin(offset int64) {
	for len(d.aborted) > 0 && d.aborted[0].FirstOffset <= offset {
		d.aborts[d.aborted[0].ProducerID] = true
		d.aborted = d.aborted[1:]
	}
}

// end is a producer's commit or abort: its next transaction is another.
func (d *decoder) end(producer int64) { delete(d.aborts, producer) }

// each decodes the records of a batch.
func (d *decoder) each(raw []byte, count int32, base, first, appended int64, each func(*record) error) error {
	in, r := reader{in: raw}, &d.one
	for range count {
		n := in.varint()
		if in.broken || n < 1 || n > int64(len(in.in)) {
			return errBrokenRecord
		}
		body := reader{in: in.in[1:n]} // after the record's own attributes, of which there are none
		in.in = in.in[n:]
		r.timestamp = first + body.varint()
		r.offset = base + body.varint()
		r.key, r.hasKey = body.bytes()
		r.value, r.hasValue = body.bytes()
		r.count = body.varint()
		r.headers = body.in
		if body.broken || r.count < 0 || r.count > int64(len(body.in)) {
			return errBrokenRecord
		}
		if r.timeType == 1 {
			r.timestamp = appended
		}
		if r.offset < d.from {
			continue
		}
		if r.offset >= d.until {
			return nil
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// old decodes a message set as brokers before 0.11 kept it. There are few left: the client library does it.
func (d *decoder) old(b []byte, each func(*record) error) error {
	part := &kmsg.FetchResponseTopicPartition{RecordBatches: b}
	got, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: d.from, DisableCRCValidation: !d.crcs}, part, &d.inflate, nil)
	if got.Err != nil {
		return got.Err
	}
	for _, m := range got.Records {
		if m.Offset >= d.until {
			return nil
		}
		r := record{offset: m.Offset, timestamp: -1, timeType: int32(m.Attrs.TimestampType()), key: m.Key, hasKey: m.Key != nil, value: m.Value, hasValue: m.Value != nil}
		if r.timeType >= 0 {
			r.timestamp = m.Timestamp.UnixMilli()
		}
		if err := each(&r); err != nil {
			return err
		}
	}
	return nil
}
