package volumes

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lakehouse/internal/errclass"
)

// A Space turns the names that users write into places:
//
//	/Volumes/<catalog>/<schema>/<volume>/…   under the session's root
//	/FileStore/… /databricks-datasets/… /mnt/… /user/hive/warehouse/…   likewise
//	dbfs:/…                                  likewise, whatever follows
//	s3://bucket/… s3a://… s3n://…            in a bucket, if the space has buckets
//	file:/… file:///…, and other paths       on the host
//
// The folders of the first two lines are those of the session's root as file: URIs too, because that is
// how a checkpoint names them; file://localhost/mnt/… is the host's /mnt. Names that begin with a scheme
// are percent-decoded, once; plain paths are taken literally. A ".." may not leave the volume, or the
// folder of the second line.
type Space struct {
	root    Store
	host    func() (Store, error)
	buckets Buckets // may be nil
}

// Buckets opens the buckets that names lead to. The same bucket is the same store each time, as long as it is reached in the same way.
type Buckets interface {
	Bucket(scheme, bucket string) (Store, error)
}

// WithBuckets is the space with buckets beside its other places.
func (s *Space) WithBuckets(b Buckets) *Space {
	with := *s
	with.buckets = b
	return &with
}

// HasBuckets tells whether the space has buckets.
func (s *Space) HasBuckets() bool { return s.buckets != nil }

// NewSpace makes the space of a session, whose root is a folder that exists.
func NewSpace(root string) (*Space, error) {
	store, err := OpenLocal(root)
	if err != nil {
		return nil, err
	}
	return &Space{root: store, host: sync.OnceValues(openHost)}, nil
}

// NewSpaceOn makes the space of a session whose root is a store of one's own. Paths of the host are not to be had
// there, so that all its files are in that store.
func NewSpaceOn(root Store) *Space {
	return &Space{root: root, host: func() (Store, error) {
		return nil, errclass.UnsupportedFeature.New("the session's files are all in its own store; the host's cannot be reached")
	}}
}

// NewSpaceAt makes the space of a session whose root is a store of one's own: a place in a bucket, say. Paths of the host stay the host's.
func NewSpaceAt(root Store) *Space {
	return &Space{root: root, host: sync.OnceValues(openHost)}
}

func openHost() (Store, error) { return OpenLocal("/") }

// Root is the store of the session's root.
func (s *Space) Root() Store { return s.root }

// A Location is a place in a store.
type Location struct {
	Store Store
	Key   string // the name in the store; "." for its root
	URI   string // as Spark would write it in a checkpoint; Resolve(URI) is this location
}

// Join gives a location below: elem is a clean name relative to it.
func (l Location) Join(elem string) Location {
	if elem == "." {
		return l
	}
	return Location{
		Store: l.Store,
		Key:   under(l.Key, elem),
		URI:   strings.TrimSuffix(l.URI, "/") + "/" + EncodePath(elem),
	}
}

// Sub is the store under the location.
func (l Location) Sub() (Store, error) { return Sub(l.Store, l.Key) }

// Resolve finds the place of a name.
func (s *Space) Resolve(name string) (Location, error) {
	if scheme := bucketScheme(name); scheme != "" && s.buckets != nil {
		return s.inBucket(name)
	}
	scheme, path, err := splitScheme(name)
	if err != nil {
		return Location{}, err
	}
	switch {
	case path == "":
		return Location{}, badPath(name, "it is empty")
	case strings.IndexByte(path, 0) >= 0:
		return Location{}, badPath(name, "it holds a zero byte")
	case strings.IndexByte(name, '\\') >= 0:
		return Location{}, badPath(name, `it holds a backslash; write "/" between folders`)
	}
	parts := split(path)
	if scheme == "dbfs" || (scheme != schemeHost && isSession(path, parts)) {
		return s.inSession(name, parts)
	}
	return s.onHost(path)
}

// bucketSchemes are those of S3: the name of Hadoop's file system says nothing of where an object is.
var bucketSchemes = []string{"s3", "s3a", "s3n"}

// bucketScheme is the scheme of a name that leads to a bucket, else empty.
func bucketScheme(name string) string {
	scheme, _, found := strings.Cut(name, ":")
	if scheme = strings.ToLower(scheme); found && slices.Contains(bucketSchemes, scheme) {
		return scheme
	}
	return ""
}

// IsBucketURI tells whether a name leads to a bucket.
func IsBucketURI(name string) bool { return bucketScheme(name) != "" }

// inBucket is a place in a bucket.
func (s *Space) inBucket(name string) (Location, error) {
	if strings.IndexByte(name, '\\') >= 0 {
		return Location{}, badPath(name, `it holds a backslash; write "/" between folders`)
	}
	place, err := ParseBucketURI(name)
	if err != nil {
		return Location{}, err
	}
	store, err := s.buckets.Bucket(place.Scheme, place.Bucket)
	if err != nil {
		return Location{}, fmt.Errorf("resolve %s: %w", name, err)
	}
	at := Location{Store: store, Key: ".", URI: place.Scheme + "://" + place.Bucket}
	if place.Key == "" {
		return at, nil
	}
	return at.Join(place.Key), nil
}

// schemeHost stands for file://localhost.
const schemeHost = "file://localhost"

// splitScheme takes a name apart: "" and a literal path, or the scheme of a local URI and its path, decoded.
func splitScheme(name string) (scheme, path string, err error) {
	before, rest, found := strings.Cut(name, ":")
	if !found || strings.ContainsRune(before, '/') {
		return "", name, nil
	}
	switch scheme = strings.ToLower(before); scheme {
	case "file", "dbfs":
	case "s3", "s3a", "s3n", "abfs", "abfss", "wasb", "wasbs", "adl", "gs", "hdfs", "viewfs", "oss", "cos", "r2", "http", "https", "ftp":
		return "", "", errclass.UnsupportedFeature.New("the location %q is on %s://, which this build does not read or write", name, scheme).
			WithHint("Use a volume (/Volumes/…), dbfs:/… or a path of the local disk.")
	default:
		return "", "", badPath(name, fmt.Sprintf("%q is no known scheme; write ./%s for a file of that name", before, name))
	}
	if authority, ok := strings.CutPrefix(rest, "//"); ok {
		host, path, _ := strings.Cut(authority, "/")
		if host != "" && !strings.EqualFold(host, "localhost") {
			return "", "", badPath(name, fmt.Sprintf("%q stands where a host would; write %s:/%s/…", host, scheme, host))
		}
		if host != "" && scheme == "file" {
			scheme = schemeHost
		}
		rest = "/" + path
	}
	if !strings.HasPrefix(rest, "/") {
		return "", "", badPath(name, scheme+": is followed by an absolute path")
	}
	path, err = DecodePath(rest)
	if err != nil {
		return "", "", badPath(name, err.Error())
	}
	return scheme, path, nil
}

func badPath(name, why string) error {
	err := errclass.InvalidPath.New("the path %q cannot be used: %s.", name, why)
	err.Err = fs.ErrInvalid
	return err
}

// split gives the parts of a path, without the empty ones and ".".
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" || part == "." })
}

// sessionFolders are the folders whose absolute names mean the session's root.
var sessionFolders = [][]string{
	{"Volumes"},
	{"FileStore"},
	{"databricks-datasets"},
	{"mnt"},
	{"user", "hive", "warehouse"},
}

// SessionFolders lists the folders whose absolute names mean the root of a [Space]: "/Volumes", "/FileStore", ….
func SessionFolders() []string {
	names := make([]string, len(sessionFolders))
	for i, parts := range sessionFolders {
		names[i] = "/" + strings.Join(parts, "/")
	}
	return names
}

func isSession(path string, parts []string) bool {
	return strings.HasPrefix(path, "/") && sessionFolder(parts) != nil
}

func sessionFolder(parts []string) []string {
	for _, folder := range sessionFolders {
		if len(parts) >= len(folder) && slices.Equal(parts[:len(folder)], folder) {
			return folder
		}
	}
	return nil
}

// fence is how many parts of a path ".." may not take away.
func fence(parts []string) int {
	folder := sessionFolder(parts)
	if len(folder) == 1 && folder[0] == "Volumes" {
		return len("/csv") // /Volumes and its catalog, schema and volume
	}
	return len(folder)
}

// inSession is a place under the session's root.
func (s *Space) inSession(name string, parts []string) (Location, error) {
	clean := make([]string, 0, len(parts))
	for _, part := range parts {
		if part != ".." {
			clean = append(clean, part)
			continue
		}
		if len(clean) <= fence(clean) {
			return Location{}, badPath(name, `".." leads out of its volume`)
		}
		clean = clean[:len(clean)-1]
	}
	if len(clean) == 0 {
		return Location{Store: s.root, Key: ".", URI: "dbfs:/"}, nil
	}
	key := strings.Join(clean, "/")
	if err := CheckFolder("resolve", key); err != nil {
		return Location{}, badPath(name, reason(err).Error())
	}
	// A folder of the root that only dbfs: reaches needs that in its URI: file:/x is the host's.
	prefix := "dbfs:/"
	if sessionFolder(clean) != nil {
		prefix = "file:///"
	}
	return Location{Store: s.root, Key: key, URI: prefix + EncodePath(key)}, nil
}

// onHost is a place on the host, relative to the working directory. Links in it are followed: it is
// the user's own path. Below it, none leads out.
func (s *Space) onHost(path string) (Location, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Location{}, fmt.Errorf("resolve %s: %w", path, err)
	}
	target, err := followLinks(absolute)
	if err != nil {
		return Location{}, fmt.Errorf("resolve %s: %w", path, err)
	}
	key := strings.TrimPrefix(target, "/")
	if key == "" {
		key = "."
	}
	if err := CheckFolder("resolve", key); err != nil {
		return Location{}, badPath(path, reason(err).Error())
	}
	store, err := s.host()
	if err != nil {
		return Location{}, fmt.Errorf("resolve %s: %w", path, err)
	}
	prefix := "file://"
	if sessionFolder(split(absolute)) != nil {
		prefix = schemeHost
	}
	return Location{Store: store, Key: key, URI: prefix + EncodePath(absolute)}, nil
}

// followLinks gives a path without symbolic links, as far as it exists.
func followLinks(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || path == "/" {
		return target, err
	}
	above, err := followLinks(filepath.Dir(path))
	return filepath.Join(above, filepath.Base(path)), err
}
