package variant

import "bytes"

// A Container is the inside of an object or an array.
type Container struct {
	metadata []byte
	ids      []byte // of an object: the numbers of its keys
	offsets  []byte // of the values in data, and of their end
	data     []byte
	n        int
	idWidth  int
	width    int // of an offset
}

// Container opens an [Object] or an [Array].
func (v Value) Container() (Container, error) {
	c, err := v.container()
	return c, err
}

func (v Value) container() (c Container, err error) {
	if len(v.data) == 0 {
		return c, malformed()
	}
	c.metadata = v.metadata
	header, countWidth := int(v.data[0]>>2), 1
	c.width = header&3 + 1
	switch v.data[0] & 3 {
	case basicObject:
		c.idWidth = header>>2&3 + 1
		countWidth += 3 * (header >> 4 & 1)
	case basicArray:
		countWidth += 3 * (header >> 2 & 1)
	default:
		return c, malformed()
	}
	if len(v.data) < 1+countWidth {
		return c, malformed()
	}
	c.n = unsigned(v.data[1 : 1+countWidth])
	rest := v.data[1+countWidth:]
	ids, offsets := c.n*c.idWidth, (c.n+1)*c.width
	if ids+offsets > len(rest) {
		return c, malformed()
	}
	c.ids, c.offsets, c.data = rest[:ids], rest[ids:ids+offsets], rest[ids+offsets:]
	return c, nil
}

// Len is the number of fields or elements.
func (c *Container) Len() int { return c.n }

// offset is where value i begins; for i = n, where all end.
func (c *Container) offset(i int) (int, error) {
	at := unsigned(c.offsets[i*c.width : (i+1)*c.width])
	if at > len(c.data) {
		return 0, malformed()
	}
	return at, nil
}

// At is element i, or the value of field i.
func (c *Container) At(i int) (Value, error) {
	at, err := c.offset(i)
	return Value{c.metadata, c.data[at:]}, err
}

// Key is the key of field i of an object.
func (c *Container) Key(i int) ([]byte, error) {
	return key(c.metadata, unsigned(c.ids[i*c.idWidth:(i+1)*c.idWidth]))
}

// fewFields is how many fields are looked through one by one.
const fewFields = 32

// Find is the value of an object's field of that key.
func (c *Container) Find(name []byte) (v Value, found bool, err error) {
	if c.n >= fewFields {
		return c.search(name)
	}
	for i := range c.n {
		k, err := c.Key(i)
		if err != nil {
			return Value{}, false, err
		}
		if bytes.Equal(k, name) {
			v, err := c.At(i)
			return v, err == nil, err
		}
	}
	return Value{}, false, nil
}

func (c *Container) search(name []byte) (v Value, found bool, err error) {
	low, high := 0, c.n
	for low < high {
		middle := int(uint(low+high) >> 1)
		k, err := c.Key(middle)
		if err != nil {
			return Value{}, false, err
		}
		switch order := compareKeys(k, name); {
		case order == 0:
			v, err := c.At(middle)
			return v, err == nil, err
		case order < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return Value{}, false, nil
}

// compareKeys compares two keys as Java compares strings: by units of UTF-16, where what lies beyond the first plane
// stands before U+E000.
func compareKeys[T string | []byte](a, b T) int {
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			x, y = y, x
		}
		if x < y {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}
