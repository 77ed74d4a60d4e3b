package volumestest_test

import (
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func TestMemoryKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(*testing.T) volumes.Store { return volumestest.NewMemory() })
}

func TestRecordedStoreKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(*testing.T) volumes.Store { return volumestest.Record(volumestest.NewMemory()) })
}
