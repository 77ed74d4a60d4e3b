package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// An answerer is a server that says what it likes, to every request the same.
type answerer struct {
	status int
	header map[string]string
	body   io.Reader
	length int64
}

// A speaker says what its answerer does, which may change: a store is not opened for each answer.
type speaker struct{ answerer }

func (s *speaker) RoundTrip(r *http.Request) (*http.Response, error) { return s.answerer.RoundTrip(r) }

func (a answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{}
	for name, value := range a.header {
		header.Set(name, value)
	}
	body := a.body
	if text, ok := body.(*strings.Reader); ok {
		copied := *text
		body = &copied
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body), ContentLength: a.length, Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// storeOf is a store over a transport, that asks once.
func storeOf(t testing.TB, transport http.RoundTripper) *volumes.ObjectStore {
	t.Helper()
	store, err := s3.Open(context.Background(), "s3://bucket/lake", s3.Options{
		Endpoint: "http://localhost:1", Region: "here", AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey, Transport: transport,
		Attempts: 1, Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Whatever a server answers to a listing, it is an error, or names that are in order and can be used, or are told as lost.
func FuzzListing(f *testing.F) {
	f.Add(`<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>lake/a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents></ListBucketResult>`)
	f.Add(`<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>lake/%2e%2e/z%</Key></Contents><IsTruncated>true</IsTruncated></ListBucketResult>`)
	f.Add(`<ListBucketResult><Contents><Key>lake/b</Key><Size>-5</Size></Contents><Contents><Key>lake/a</Key></Contents></ListBucketResult>`)
	f.Add(`<ListBucketResult><CommonPrefixes><Prefix>lake/d/</Prefix></CommonPrefixes><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`)
	f.Add(`<ListMultipartUploadsResult><Upload><Key>x</Key><UploadId>u</UploadId></Upload></ListMultipartUploadsResult>`)
	f.Add("<a")
	server := &speaker{}
	store := storeOf(f, server)
	f.Fuzz(func(t *testing.T, page string) {
		server.answerer = answerer{status: http.StatusOK, body: strings.NewReader(page), length: int64(len(page))}
		for _, opts := range []volumes.ListOptions{{Recursive: true, Hidden: true}, {Dirs: true}} {
			last := ""
			for info, err := range store.List(context.Background(), ".", opts) {
				if err != nil {
					break
				}
				if info.Name < last || info.Size < 0 {
					t.Errorf("%+v comes after %q", info, last)
				}
				if err := volumes.CheckName("use", info.Name); err != nil && !info.Lost {
					t.Errorf("%q: %v", info.Name, err)
				}
				last = info.Name
			}
		}
		_, _ = store.Sweep(context.Background(), ".", time.Now())
		_ = volumes.DeleteAll(context.Background(), store, []string{"a", "b"})
	})
}

// Whatever a server answers instead of doing what it was asked is an error of bearable length, which does not say that a name is free or
// taken unless the server did.
func FuzzErrorAnswers(f *testing.F) {
	f.Add(404, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>", "1")
	f.Add(412, "<Error><Code>PreconditionFailed</Code></Error>", "")
	f.Add(503, "<Error><Code>SlowDown", "99999999999999999999")
	f.Add(307, "", "-1")
	f.Add(200, "<Error><Code>InternalError</Code></Error>", "")
	server := &speaker{}
	store := storeOf(f, server)
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		if status < 200 || status > 599 || strings.ContainsAny(after, "\r\n") {
			return
		}
		server.answerer = answerer{
			status: status, body: strings.NewReader(body), length: int64(len(body)), header: map[string]string{"Retry-After": after, "X-Amz-Bucket-Region": after},
		}
		ctx := context.Background()
		_, openErr := store.Open(ctx, "a")
		_, statErr := store.StatFile(ctx, "a")
		for what, err := range map[string]error{"open": openErr, "stat": statErr, "put": store.Put(ctx, "a", nil), "once": store.PutIfAbsent(ctx, "a", nil)} {
			if err == nil {
				continue
			}
			if len(err.Error()) > 8000 {
				t.Errorf("%s: an error of %d bytes", what, len(err.Error()))
			}
			if errors.Is(err, fs.ErrNotExist) && status != http.StatusNotFound && !strings.Contains(body, "No") {
				t.Errorf("%s: %d %q is taken for absence: %v", what, status, body, err)
			}
		}
	})
}

// Whatever a server says of an object, its size and range, what is read are bytes that it sent, at the place where it says they are.
func FuzzObjectAnswers(f *testing.F) {
	f.Add(206, "bytes 0-3/4", "4", `"tag"`, "text")
	f.Add(206, "bytes 0-3/9223372036854775807", "4", "tag", "text")
	f.Add(200, "", "4", `W/"tag"`, "text")
	f.Add(206, "bytes -1--1/0", "-1", "\x00", "")
	f.Add(200, "bytes 0-0/1", "9223372036854775807", "", "x")
	server := &speaker{}
	store := storeOf(f, server)
	f.Fuzz(func(t *testing.T, status int, contentRange, length, tag, body string) {
		if status < 200 || status > 599 {
			return
		}
		server.answerer = answerer{
			status: status, body: strings.NewReader(body), length: int64(len(body)),
			header: map[string]string{"Content-Range": contentRange, "Content-Length": length, "ETag": tag, "Last-Modified": tag},
		}
		for _, name := range []string{"a.json", "a.parquet"} {
			r, err := store.Open(context.Background(), name)
			if err != nil {
				continue
			}
			if r.Info().Size < 0 {
				t.Errorf("a file of %d bytes", r.Info().Size)
			}
			p := make([]byte, 100)
			if n, err := r.ReadAt(p, 0); err == nil && !bytes.HasPrefix([]byte(body), p[:n]) {
				t.Errorf("%q is read of %q", p[:n], body)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if info, err := store.StatFile(context.Background(), "a"); err == nil && info.Size < 0 {
			t.Errorf("a file of %d bytes", info.Size)
		}
	})
}

// The range of an answer is that of the request, or refused.
func FuzzContentRange(f *testing.F) {
	f.Add("bytes 0-9/100", int64(10), int64(0), int64(10), int64(0))
	f.Add("bytes 90-99/100", int64(10), int64(0), int64(0), int64(10))
	f.Add("", int64(5), int64(0), int64(10), int64(0))
	f.Add("bytes 0-9/*", int64(-1), int64(1), int64(0), int64(0))
	f.Add("bytes\r90-99/100", int64(10), int64(0), int64(0), int64(10))
	f.Add("bytes 0-9/100 ", int64(10), int64(0), int64(10), int64(0))
	f.Fuzz(func(t *testing.T, text string, length, offset, want, last int64) {
		if length < 0 || offset < 0 || want < 0 || last < 0 || offset > 1<<60 || want > 1<<60 {
			return // no caller has them
		}
		opts := volumes.GetOptions{Offset: offset, Length: want, Last: last}
		size, err := s3.CheckRange(text, length, opts)
		if err != nil {
			return
		}
		if size < 0 || text != "" && last == 0 && offset >= size {
			t.Errorf("%q of %+v: an object of %d bytes", text, opts, size)
		}
		if text != "" && !strings.HasPrefix(text, "bytes ") {
			t.Errorf("%q is a range", text)
		}
	})
}

// endless never ends.
type endless struct{ text string }

func (e endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], e.text)
	}
	return len(p), nil
}

// An answer that never ends is given up before it fills the memory.
func TestEndlessAnswersAreGivenUp(t *testing.T) {
	for _, status := range []int{200, 404, 503} {
		for _, text := range []string{"<a>", " ", "<Contents><Key>lake/a</Key></Contents>"} {
			body := io.MultiReader(strings.NewReader("<Error><Code>x</Code><ListBucketResult>"), endless{text})
			store := storeOf(t, answerer{status: status, body: body, length: -1})
			for _, err := range store.List(t.Context(), ".", volumes.ListOptions{}) {
				if err == nil {
					t.Fatalf("%d %s: a name is listed", status, text)
				}
			}
			err := fmt.Errorf("put: %w", store.PutIfAbsent(t.Context(), "a", nil))
			if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) && status != 404 {
				t.Errorf("%d %s: %v", status, text, err)
			}
		}
	}
}
