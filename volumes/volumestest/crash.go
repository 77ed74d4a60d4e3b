package volumestest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// CrashClone gives the store as a power cut at this moment leaves it. What was synced is there. Of what was
// not, each name and each file's bytes are there with the given probability in percent: 0 is a disk that
// wrote nothing by itself, 100 one that wrote everything, and between them bytes may be cut anywhere, or
// a file has its whole length and some of its sectors are zeros.
// The store itself goes on.
func (m *Memory) CrashClone(seed uint64, percentUnsynced int) *Memory {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	cut := &powerCut{
		random:  rand.New(rand.NewPCG(seed, uint64(percentUnsynced))),
		percent: percentUnsynced,
		nodes:   map[*node]*node{},
	}
	return onTree(&tree{
		root:   cut.node(m.tree.root),
		inodes: m.tree.inodes,
		temps:  m.tree.temps,
		now:    m.tree.now,
		locks:  map[string][]byte{},
	})
}

type powerCut struct {
	random  *rand.Rand
	percent int
	nodes   map[*node]*node // a file with two names stays one file
}

func (c *powerCut) survives() bool { return c.random.IntN(100) < c.percent }

func (c *powerCut) node(n *node) *node {
	if done, ok := c.nodes[n]; ok {
		return done
	}
	left := &node{inode: n.inode, dir: n.dir, modTime: n.modTime}
	c.nodes[n] = left
	if !n.dir {
		left.data = c.bytes(n)
		left.synced = len(left.data)
		return left
	}
	left.entries = map[string]*node{}
	for _, base := range c.names(n) {
		if entry := c.entry(n, base); entry != nil {
			left.entries[base] = c.node(entry)
		}
	}
	left.safe = maps.Clone(left.entries)
	return left
}

// names gives the names that a folder has or had, in order: the random choices must come in the same
// order each time.
func (c *powerCut) names(n *node) []string {
	all := maps.Clone(n.safe)
	maps.Copy(all, n.entries)
	return slices.Sorted(maps.Keys(all))
}

// entry is what a name leads to afterwards; nil: it is not there.
func (c *powerCut) entry(n *node, base string) *node {
	now, safe := n.entries[base], n.safe[base]
	if now == safe || !c.survives() {
		return safe
	}
	return now
}

// sector is what a disk writes as one.
const sector = 512

// bytes is what is left of a file.
func (c *powerCut) bytes(n *node) []byte {
	unsynced := len(n.data) - n.synced
	switch {
	case unsynced == 0 || c.percent == 0 || n.lost:
		return slices.Clone(n.data[:n.synced])
	case c.survives():
		return slices.Clone(n.data)
	case c.random.IntN(3) == 0:
		return c.torn(n)
	}
	return slices.Clone(n.data[:n.synced+c.random.IntN(unsynced)])
}

// torn is a file of which some sectors were written and others not, in no order. What was synced is whole.
func (c *powerCut) torn(n *node) []byte {
	data := slices.Clone(n.data)
	for start := n.synced; start < len(data); {
		end := min(start/sector*sector+sector, len(data))
		if !c.survives() {
			clear(data[start:end])
		}
		start = end
	}
	return data
}
