package s3test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lakehouse/volumes/s3"
)

// The server's own names and keys.
const (
	Bucket    = "test-bucket"
	Region    = "eu-test-1"
	AccessKey = "AKIATESTTESTTESTTEST"
	SecretKey = "a-secret-that-no-text-may-hold"
)

// Server is a bucket. Its fields are set before the first request.
type Server struct {
	URL string

	PageKeys          int  // of a page of a listing; 0: 1000
	IgnoresConditions bool // If-None-Match is taken and not kept, as some servers do
	IgnoresFinish     bool // the same of the end of an upload alone
	IgnoresRanges     bool
	RepeatsPages      bool // the next page of a listing is this one
	Unordered         bool // pages have their keys backwards
	Token             string
	Clock             func() time.Time // nil: the wall clock

	http *httptest.Server

	mu       sync.Mutex
	objects  map[string]*object
	uploads  map[string]*upload
	requests []Request
	fail     func(Request) Fault
	counter  int
	expired  map[string]bool // access keys
}

type object struct {
	data    []byte
	etag    string
	modTime time.Time
	meta    map[string]string
}

type upload struct {
	key     string
	meta    map[string]string
	parts   map[int]*object
	started time.Time
}

// A Request is one that the server was asked.
type Request struct {
	N    int    // counted from 0
	Op   string // as S3 calls it: PutObject, GetObject, ListObjectsV2 …
	Key  string
	Cond string // If-None-Match, or If-Match
	Size int    // of the body
	rng  string
}

// String is the operation, the key and the range asked for.
func (r Request) String() string { return strings.TrimSpace(r.Op + " " + r.Key + " " + r.rng) }

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s, stop := Start()
	t.Cleanup(stop)
	return s
}

// Start starts a server for more than one test.
func Start() (s *Server, stop func()) {
	s = &Server{objects: map[string]*object{}, uploads: map[string]*upload{}, expired: map[string]bool{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s, s.http.Close
}

// Options reach the server.
func (s *Server) Options() s3.Options {
	return s3.Options{Endpoint: s.URL, Region: Region, AccessKey: AccessKey, SecretKey: SecretKey, Transport: s.http.Client().Transport}
}

// Fail has f asked about each request from now on; nil: none fails.
func (s *Server) Fail(f func(Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// Requests gives the requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Forget begins the count of requests anew.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Expire has requests that are signed with an access key refused.
func (s *Server) Expire(accessKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired[accessKey] = true
}

// PutForeign makes an object as another program would, under any key.
func (s *Server) PutForeign(key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = s.newObject(data, nil)
}

// Keys gives the keys that are there, in order.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedKeys(s.objects)
}

// Uploads is the number of uploads that are neither finished nor aborted.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

func (s *Server) now() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now() //nolint:forbidigo // a server has the time of its machine
}

// A Fault is what goes wrong with a request. The zero value is nothing.
type Fault struct {
	// Before, the request is not done: Status and Code are the answer, or without them the connection is cut.
	Before bool
	// After, the request is done, and then the same.
	After bool

	Status     int
	Code       string
	RetryAfter string
	Region     string // X-Amz-Bucket-Region of the answer

	// CutBody ends the body of the answer after so many bytes, although its length was told; 0: it does not.
	CutBody int
	// Stall keeps the answer back until the client gives up.
	Stall bool
	// Trickle sends the body a piece at a time, and waits as long between; Piece is its size, 16 KiB if it is 0.
	Trickle time.Duration
	Piece   int
	// LosePage answers a listing with a page that has no keys, although there are some; the next page is told.
	LosePage bool
	// ErrorInBody answers 200, and has the error in the body, as S3 does of long requests.
	ErrorInBody bool
}
