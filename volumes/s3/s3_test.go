package s3_test

import (
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
	"lakehouse/volumes/volumestest"
)

// open opens the store of a prefix in a server's bucket.
func open(t testing.TB, server *s3test.Server, prefix string, change func(*s3.Options)) *volumes.ObjectStore {
	t.Helper()
	opts := server.Options()
	if change != nil {
		change(&opts)
	}
	store, err := s3.Open(t.Context(), "s3://"+s3test.Bucket+"/"+prefix, opts)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestBucketIsAStore(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store { return open(t, s3test.New(t), "", nil) })
}

func TestPrefixIsAStore(t *testing.T) {
	volumestest.Run(t, func(t *testing.T) volumes.Store {
		server := s3test.New(t)
		server.PageKeys = 3
		for _, key := range []string{"lake", "lake0/x", "lak/e", "lake-/a"} {
			server.PutForeign(key, []byte("of others"))
		}
		return open(t, server, "lake", nil)
	})
}
