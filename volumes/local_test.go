package volumes_test

import (
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func openTemp(t *testing.T) *volumes.Local {
	t.Helper()
	store, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestLocalKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store { return openTemp(t) })
}

// Where the system has no way of its own to walk a name, os.Root keeps the same promises.
func TestLocalByRootKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store {
		store, err := volumes.OpenByRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

func TestLocalSubKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store {
		sub, err := volumes.Sub(openTemp(t), "a/b")
		if err != nil {
			t.Fatal(err)
		}
		if err := sub.MakeDir(t.Context(), "."); err != nil {
			t.Fatal(err)
		}
		return sub
	})
}

func TestPrefixedStoreKeepsThePromises(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store {
		sub, err := volumes.Sub(volumestest.Record(openTemp(t)), "a/b")
		if err != nil {
			t.Fatal(err)
		}
		if err := sub.MakeDir(t.Context(), "."); err != nil {
			t.Fatal(err)
		}
		return sub
	})
}
