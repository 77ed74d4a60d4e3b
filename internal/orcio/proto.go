package orcio

import (
	"encoding/binary"
	"errors"
)

var errProto = errors.New("a message of the ORC file's tail is broken")

// message walks the fields of a protocol buffer: for each it calls field with the number, and the value or the bytes.
func message(data []byte, field func(number int, value uint64, bytes []byte) error) error {
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 {
			return errProto
		}
		data = data[n:]
		var value uint64
		var bytes []byte
		switch tag & 7 {
		case 0:
			if value, n = binary.Uvarint(data); n <= 0 {
				return errProto
			}
		case 1:
			if n = 8; len(data) < n {
				return errProto
			}
		case 5:
			if n = 4; len(data) < n {
				return errProto
			}
		case 2:
			length, m := binary.Uvarint(data)
			if m <= 0 || length > uint64(len(data)-m) {
				return errProto
			}
			n = m + int(length)
			bytes = data[m:n]
			if bytes == nil {
				bytes = []byte{}
			}
		default:
			return errProto
		}
		data = data[n:]
		if err := field(int(tag>>3), value, bytes); err != nil {
			return err
		}
	}
	return nil
}

// repeated adds a number of a repeated field, packed or not.
func repeated(list []uint64, value uint64, bytes []byte) ([]uint64, error) {
	if bytes == nil {
		return append(list, value), nil
	}
	for len(bytes) > 0 {
		v, n := binary.Uvarint(bytes)
		if n <= 0 {
			return nil, errProto
		}
		list, bytes = append(list, v), bytes[n:]
	}
	return list, nil
}
