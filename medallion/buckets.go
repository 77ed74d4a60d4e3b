package medallion

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
)

// openSpace is the space of a root: a folder of the host, which is made, or a place in a bucket. Names of buckets lead to them, with
// the settings that the session has by then.
func (s *Session) openSpace(root string) (*volumes.Space, error) {
	buckets := s3.NewBuckets(func(bucket string) (s3.Options, error) { return s3.Hadoop(s.bucketConf(), bucket) })
	if volumes.IsBucketURI(root) {
		store, err := openBucketRoot(root, buckets)
		if err != nil {
			return nil, err
		}
		return volumes.NewSpaceAt(store).WithBuckets(buckets), nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	space, err := volumes.NewSpace(root)
	if err != nil {
		return nil, err
	}
	return space.WithBuckets(buckets), nil
}

func openBucketRoot(root string, buckets volumes.Buckets) (volumes.Store, error) {
	place, err := volumes.ParseBucketURI(root)
	if err != nil {
		return nil, err
	}
	store, err := buckets.Bucket(place.Scheme, place.Bucket)
	if err != nil || place.Key == "" {
		return store, err
	}
	if store, err = volumes.Sub(store, place.Key); err != nil {
		return nil, fmt.Errorf("open the root %s: %w", root, err)
	}
	return store, nil
}

// bucketConf is the settings of S3.
func (s *Session) bucketConf() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	conf := maps.Clone(s.conf)
	maps.DeleteFunc(conf, func(key, _ string) bool { return !s3.IsSetting(key) })
	return conf
}

// setBucketConf changes a setting of S3. What is resolved from then on has it; tables and streams that are open keep what they were opened with.
func (s *Session) setBucketConf(key, value string) error {
	if err := s3.CheckSetting(key, value); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf[key] = value
	return nil
}

// redacted stands where a secret is asked for, as in Spark.
const redacted = "*********(redacted)"

// shownConf is the value of a setting as it may be shown.
func shownConf(key, value string) string {
	if value != "" && (s3.IsSecret(key) || looksSecret(key)) {
		return redacted
	}
	return value
}

// looksSecret tells settings by their names, as Spark's spark.redaction.regex does.
func looksSecret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"secret", "password", "token", "access.key", "accesskey"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}
