package volumes_test

import (
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Where links are not to be had, the exclusive rename keeps the same promises.
func TestStoreWithoutLinksKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store { return volumes.WithoutLinks(openTemp(t)) })
}
