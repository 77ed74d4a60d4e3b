package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A connection is a client that lives as long as somebody holds it. It is safe for concurrent use.
type connection struct {
	opts ReadOptions

	mu      sync.Mutex
	holders int
	cluster *cluster
}

// hold gives the cluster, whose client is made for the first holder. Each hold needs a release.
func (c *connection) hold() (*cluster, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holders == 0 {
		client, err := c.opts.client.connect()
		if err != nil {
			return nil, err
		}
		c.cluster = newCluster(client, c.opts)
	}
	c.holders++
	return c.cluster, nil
}

// release closes the client when nobody holds it any more.
func (c *connection) release() {
	c.mu.Lock()
	var unused *kgo.Client
	if c.holders--; c.holders == 0 {
		unused, c.cluster = c.cluster.client, nil
	}
	c.mu.Unlock()
	if unused != nil {
		unused.Close()
	}
}
