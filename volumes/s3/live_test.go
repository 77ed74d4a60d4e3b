package s3_test

import (
	"fmt"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
	"lakehouse/volumes/volumestest"
)

// openAt opens a prefix of a gateway's bucket.
func openAt(t testing.TB, g s3test.Gateway, prefix string) *volumes.ObjectStore {
	t.Helper()
	store, err := s3.Open(t.Context(), g.Root+"/"+prefix, g.Options())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestLiveGatewayIsAStore(t *testing.T) {
	g := s3test.Gateways(t, 1)[0]
	n := 0
	volumestest.Run(t, func(t *testing.T) volumes.Store {
		n++
		return openAt(t, g, fmt.Sprintf("store-%d", n))
	})
}
