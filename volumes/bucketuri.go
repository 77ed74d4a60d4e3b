package volumes

import (
	"strings"
)

// A BucketURI is a place in a bucket as users write it: s3://bucket/key.
type BucketURI struct {
	Scheme string // in small letters
	Bucket string
	Key    string // clean, and decoded; empty: the bucket itself
}

// ParseBucketURI takes a place in a bucket apart. The key is percent-decoded, once; empty parts and "." of it are left out, and ".." may
// not lead out of the bucket.
func ParseBucketURI(uri string) (BucketURI, error) {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || scheme == "" {
		return BucketURI{}, badPath(uri, "it is no place in a bucket, which is s3://bucket/key")
	}
	bucket, path, _ := strings.Cut(rest, "/")
	if why := bucketFault(bucket); why != "" {
		return BucketURI{}, badPath(uri, why)
	}
	path, err := DecodePath(path)
	if err != nil {
		return BucketURI{}, badPath(uri, err.Error())
	}
	var clean []string
	for _, part := range split(path) {
		if part != ".." {
			clean = append(clean, part)
			continue
		}
		if len(clean) == 0 {
			return BucketURI{}, badPath(uri, `".." leads out of the bucket`)
		}
		clean = clean[:len(clean)-1]
	}
	key := strings.Join(clean, "/")
	if key != "" {
		if fault := nameFault(key); fault != nil {
			return BucketURI{}, badPath(uri, fault.Error())
		}
	}
	return BucketURI{Scheme: strings.ToLower(scheme), Bucket: bucket, Key: key}, nil
}

// bucketFault says why a bucket cannot have a name. It becomes part of a host's name, and of a path.
func bucketFault(bucket string) string {
	const rule = "the name of a bucket has 3 to 255 letters, digits, dots, hyphens and underscores"
	if len(bucket) < 3 || len(bucket) > 255 || strings.Contains(bucket, "..") {
		return rule
	}
	for i := range len(bucket) {
		c := bucket[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || i == len(bucket)-1 || c != '.' && c != '-' && c != '_') {
			return rule
		}
	}
	return ""
}
