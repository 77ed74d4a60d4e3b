package state

import "sync"

// A Cache keeps the states of a query in memory from one batch to the next, so that opening a version
// that was just committed reads nothing. The zero value is ready. Operators may open and commit at once.
type Cache struct {
	// Background says that snapshots are written while the query goes on; else the commit that wants one writes it. To be set
	// before the cache is used.
	Background bool

	mu     sync.Mutex
	states map[int]*Operator // guarded by mu

	hits, misses int64 // partitions, guarded by mu

	writers sync.WaitGroup
	turn    sync.Mutex // held by the one who writes a snapshot: they are no hurry
}

// later runs f by and by.
func (c *Cache) later(f func()) {
	c.writers.Go(func() {
		c.turn.Lock()
		defer c.turn.Unlock()
		f()
	})
}

// Close returns when the last snapshot has been written. What failed to be is in the deltas all the same.
func (c *Cache) Close() { c.writers.Wait() }

// take hands out an operator's state, if it is at the version. While it is out the cache does not have
// it: a batch that fails leaves no half-changed state behind.
func (c *Cache) take(spec Spec, opts OpenOptions) *Operator {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.states[spec.Operator]
	delete(c.states, spec.Operator)
	if found == nil || found.version != opts.Version || found.dir != stateDir(spec, opts) || found.spec.Name != spec.Name ||
		!sameStores(found.spec.stores(), spec.stores()) {
		return nil
	}
	c.hits += int64(found.instances())
	return found
}

// missed counts partitions that were read from their files.
func (c *Cache) missed(partitions int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.misses += int64(partitions)
}

func (c *Cache) counts() (hits, misses int64) {
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, c.misses
}

func (c *Cache) give(o *Operator) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = make(map[int]*Operator)
	}
	c.states[o.spec.Operator] = o
}
