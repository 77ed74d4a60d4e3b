package volumes_test

import (
	"errors"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// memoryBuckets are buckets without a cloud.
type memoryBuckets map[string]volumes.Store

func (b memoryBuckets) Bucket(_, bucket string) (volumes.Store, error) {
	if b[bucket] == nil {
		b[bucket] = volumestest.NewMemory()
	}
	return b[bucket], nil
}

func TestResolveBuckets(t *testing.T) {
	buckets := memoryBuckets{}
	space := newSpace(t).WithBuckets(buckets)
	for _, c := range []struct{ name, bucket, key, uri string }{
		{"s3://lake/a/b.json", "lake", "a/b.json", "s3://lake/a/b.json"},
		{"s3a://lake/a b/", "lake", "a b", "s3a://lake/a%20b"},
		{"S3N://lake//a/./b/../c", "lake", "a/c", "s3n://lake/a/c"},
		{"s3://lake", "lake", ".", "s3://lake"},
		{"s3://lake/", "lake", ".", "s3://lake"},
		{"s3://a.b-c_d/x%2520y", "a.b-c_d", "x%20y", "s3://a.b-c_d/x%2520y"},
		{"s3://lake/Volumes/c/s/v", "lake", "Volumes/c/s/v", "s3://lake/Volumes/c/s/v"},
	} {
		got, err := space.Resolve(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Store != buckets[c.bucket] || got.Key != c.key || got.URI != c.uri {
			t.Errorf("%s: key %q, URI %q; want %q, %q", c.name, got.Key, got.URI, c.key, c.uri)
		}
		if again, err := space.Resolve(got.URI); err != nil || again != got {
			t.Errorf("%s: its URI %s is %+v, %v", c.name, got.URI, again, err)
		}
	}
}

func TestResolveRefusesBucketPaths(t *testing.T) {
	space := newSpace(t).WithBuckets(memoryBuckets{})
	for _, name := range []string{
		"s3://", "s3:/lake/a", "s3:lake/a", "s3:///a", "s3://ab/x", "s3://a b/x", "s3://user:pass@lake/x", "s3://lake:9000/x", "s3://-lake/x",
		"s3://lake/../x", "s3://lake/a/../../x", "s3://lake/%2e%2e/x", "s3://lake/a%00b", "s3://lake/%zz", `s3://lake/a\b`, "s3://la..ke/x", "s3://lake?x/y",
	} {
		if at, err := space.Resolve(name); !errors.Is(err, errclass.InvalidPath) {
			t.Errorf("%q: got %+v, %v; want an error of class INVALID_PATH", name, at, err)
		}
	}
}

func FuzzParseBucketURI(f *testing.F) {
	for _, uri := range []string{"s3://lake/a", "s3a://lake/%2e%2e/x", "s3://lake/a/../..", "s3://l/x", "://", "s3://lake/%25"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		place, err := volumes.ParseBucketURI(uri)
		if err != nil || place.Key == "" {
			return
		}
		if err := volumes.CheckName("open", place.Key); err != nil {
			t.Fatalf("%q leads to %q: %v", uri, place.Key, err)
		}
		again, err := volumes.ParseBucketURI(place.Scheme + "://" + place.Bucket + "/" + volumes.EncodePath(place.Key))
		if err != nil || again != place {
			t.Fatalf("%q is %+v, which reads as %+v, %v", uri, place, again, err)
		}
	})
}
