package state

import (
	"encoding/binary"
	"math/bits"
)

const (
	xxPrime1 = 2654435761
	xxPrime2 = 2246822519
	xxPrime3 = 3266489917
	xxPrime4 = 668265263
	xxPrime5 = 374761393
)

// xxhash32 is the checksum of an LZ4 block stream. (The 32-bit variant lives in no package that this
// project uses: lz4 keeps its own internal.)
func xxhash32(data []byte, seed uint32) uint32 {
	n := uint32(len(data))
	h := seed + xxPrime5
	if len(data) >= 16 {
		v1, v2, v3, v4 := seed+xxPrime1, seed+xxPrime2, seed, seed-xxPrime1
		v1 += xxPrime2
		for ; len(data) >= 16; data = data[16:] {
			v1 = xxRound(v1, binary.LittleEndian.Uint32(data))
			v2 = xxRound(v2, binary.LittleEndian.Uint32(data[4:]))
			v3 = xxRound(v3, binary.LittleEndian.Uint32(data[8:]))
			v4 = xxRound(v4, binary.LittleEndian.Uint32(data[12:]))
		}
		h = bits.RotateLeft32(v1, 1) + bits.RotateLeft32(v2, 7) + bits.RotateLeft32(v3, 12) + bits.RotateLeft32(v4, 18)
	}
	h += n
	for ; len(data) >= 4; data = data[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(data)*xxPrime3, 17) * xxPrime4
	}
	for _, b := range data {
		h = bits.RotateLeft32(h+uint32(b)*xxPrime5, 11) * xxPrime1
	}
	h = (h ^ h>>15) * xxPrime2
	h = (h ^ h>>13) * xxPrime3
	return h ^ h>>16
}

func xxRound(v, word uint32) uint32 { return bits.RotateLeft32(v+word*xxPrime2, 13) * xxPrime1 }
