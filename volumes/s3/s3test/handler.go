package s3test

import (
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	bucket, key, _ := strings.Cut(path, "/")
	req := Request{Op: operation(r, key), Key: key, Cond: r.Header.Get("If-None-Match") + r.Header.Get("If-Match"), Size: len(body), rng: r.Header.Get("Range")}
	if req.Op == "ListObjectsV2" {
		req.Key = r.URL.Query().Get("prefix")
	}
	s.mu.Lock()
	req.N = len(s.requests)
	s.requests = append(s.requests, req)
	fail := s.fail
	s.mu.Unlock()
	var fault Fault
	if fail != nil {
		fault = fail(req)
	}
	if fault.Stall {
		<-r.Context().Done()
		return
	}
	if fault.Before {
		s.spoil(w, r, fault)
		return
	}
	answer := s.answer(r, req, bucket, key, body)
	if fault.After {
		s.spoil(w, r, fault)
		return
	}
	if fault.LosePage && req.Op == "ListObjectsV2" {
		answer.body = keysOfPage.ReplaceAll(answer.body, nil)
	}
	s.send(w, r, answer, fault)
}

// operation is what S3 calls a request.
func operation(r *http.Request, key string) string {
	q := r.URL.Query()
	switch {
	case key == "" && r.Method == http.MethodGet && q.Has("uploads"):
		return "ListMultipartUploads"
	case key == "" && r.Method == http.MethodGet:
		return "ListObjectsV2"
	case key == "" && r.Method == http.MethodPost && q.Has("delete"):
		return "DeleteObjects"
	case key == "":
		return r.Method + " bucket"
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Method == http.MethodPut && q.Has("uploadId") && r.Header.Get("X-Amz-Copy-Source") != "":
		return "UploadPartCopy"
	case r.Method == http.MethodPut && q.Has("uploadId"):
		return "UploadPart"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "AbortMultipartUpload"
	}
	return map[string]string{"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[r.Method]
}

// reply is an answer before it is sent.
type reply struct {
	status int
	header map[string]string
	body   []byte
}

func refuse(status int, code, message string) reply {
	return reply{status: status, body: errorBody(code, message), header: map[string]string{"Content-Type": "application/xml"}}
}

func errorBody(code, message string) []byte {
	return fmt.Appendf(nil, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>TEST</RequestId></Error>", code, message)
}

func page(v any) reply {
	body, err := xml.Marshal(v)
	if err != nil {
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	return reply{status: http.StatusOK, body: append([]byte(xml.Header), body...), header: map[string]string{"Content-Type": "application/xml"}}
}

// spoil fails a request instead of answering it.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, f Fault) {
	if f.Status == 0 && !f.ErrorInBody {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	answer := refuse(f.Status, f.Code, "a fault of the test")
	if f.ErrorInBody {
		answer.status = http.StatusOK
	}
	if f.RetryAfter != "" {
		answer.header["Retry-After"] = f.RetryAfter
	}
	if f.Region != "" {
		answer.header["X-Amz-Bucket-Region"] = f.Region
	}
	s.send(w, r, answer, Fault{})
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, answer reply, f Fault) {
	for name, value := range answer.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("X-Amz-Request-Id", "TEST")
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer.body)))
	}
	w.WriteHeader(answer.status)
	if r.Method == http.MethodHead {
		return
	}
	body := answer.body
	if f.CutBody > 0 && f.CutBody < len(body) {
		body = body[:f.CutBody]
	}
	for len(body) > 0 {
		n := len(body)
		if f.Trickle > 0 {
			n = min(n, cmp.Or(f.Piece, 16<<10))
			select {
			case <-time.After(f.Trickle):
			case <-r.Context().Done():
				return
			}
		}
		if _, err := w.Write(body[:n]); err != nil {
			return
		}
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		body = body[n:]
	}
	if f.CutBody > 0 {
		panic(http.ErrAbortHandler)
	}
}

// answer does a request.
func (s *Server) answer(r *http.Request, req Request, bucket, key string, body []byte) reply {
	if refused, ok := s.authorize(r, body); !ok {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bucket != Bucket {
		return refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	if len(key) > 1024 {
		return refuse(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	}
	if refused, ok := checksums(r, body); !ok {
		return refused
	}
	q := r.URL.Query()
	switch req.Op {
	case "HeadObject", "GetObject":
		return s.get(r, key)
	case "PutObject":
		return s.put(r, key, body)
	case "DeleteObject":
		delete(s.objects, key)
		return reply{status: http.StatusNoContent}
	case "DeleteObjects":
		return s.deleteMany(body)
	case "ListObjectsV2":
		return s.list(q)
	case "CreateMultipartUpload":
		return s.create(r, key)
	case "UploadPart":
		return s.part(q, key, body)
	case "UploadPartCopy":
		return s.partCopy(r, q, key)
	case "CompleteMultipartUpload":
		return s.complete(r, q, key, body)
	case "AbortMultipartUpload":
		if s.uploads[q.Get("uploadId")] == nil {
			return refuse(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist")
		}
		delete(s.uploads, q.Get("uploadId"))
		return reply{status: http.StatusNoContent}
	case "ListMultipartUploads":
		return s.listUploads(q)
	}
	return refuse(http.StatusNotImplemented, "NotImplemented", req.Op)
}

// checksums holds a body against those that came with it.
func checksums(r *http.Request, body []byte) (reply, bool) {
	for name, sum := range map[string][]byte{
		"X-Amz-Checksum-Crc32c": binary.BigEndian.AppendUint32(nil, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))),
		"X-Amz-Checksum-Crc32":  binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)),
	} {
		if told := r.Header.Get(name); told != "" && told != base64.StdEncoding.EncodeToString(sum) {
			return refuse(http.StatusBadRequest, "BadDigest", name), false
		}
	}
	if r.Header.Get("X-Amz-Trailer") != "" || strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return refuse(http.StatusNotImplemented, "NotImplemented", "trailing checksums"), false
	}
	return reply{}, true
}

func (s *Server) newObject(data []byte, meta map[string]string) *object {
	sum := md5.Sum(data)
	return &object{data: data, etag: `"` + hex.EncodeToString(sum[:]) + `"`, modTime: s.now().UTC(), meta: meta}
}

func metaOf(r *http.Request) map[string]string {
	meta := map[string]string{}
	for name := range r.Header {
		if rest, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			meta[strings.ToLower(rest)] = r.Header.Get(name)
		}
	}
	return meta
}

func (s *Server) put(r *http.Request, key string, body []byte) reply {
	if refused, ok := s.free(r, key); !ok && !s.IgnoresConditions {
		return refused
	}
	s.objects[key] = s.newObject(slices.Clone(body), metaOf(r))
	return reply{status: http.StatusOK, header: map[string]string{"ETag": s.objects[key].etag}}
}

// free holds the condition of a request that makes an object.
func (s *Server) free(r *http.Request, key string) (reply, bool) {
	switch r.Header.Get("If-None-Match") {
	case "":
		return reply{}, true
	case "*":
	default:
		return refuse(http.StatusNotImplemented, "NotImplemented", "If-None-Match takes * only"), false
	}
	if s.objects[key] != nil {
		return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"), false
	}
	return reply{}, true
}

func (s *Server) get(r *http.Request, key string) reply {
	o := s.objects[key]
	if o == nil {
		return refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if match := r.Header.Get("If-Match"); match != "" && match != o.etag {
		return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	header := map[string]string{"ETag": o.etag, "Last-Modified": o.modTime.Format(http.TimeFormat), "Accept-Ranges": "bytes"}
	for name, value := range o.meta {
		header["X-Amz-Meta-"+name] = value
	}
	rng := r.Header.Get("Range")
	if rng == "" || s.IgnoresRanges {
		header["Content-Length"] = strconv.Itoa(len(o.data))
		return reply{status: http.StatusOK, header: header, body: o.data}
	}
	first, last, ok := cutRange(rng, len(o.data))
	if !ok {
		return refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
	}
	header["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", first, last, len(o.data))
	header["Content-Length"] = strconv.Itoa(last - first + 1)
	return reply{status: http.StatusPartialContent, header: header, body: o.data[first : last+1]}
}

// cutRange reads "bytes=0-9", "bytes=5-" and "bytes=-5".
func cutRange(text string, size int) (first, last int, ok bool) {
	from, to, found := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	if !found || size == 0 {
		return 0, 0, false
	}
	if from == "" {
		n, err := strconv.Atoi(to)
		return max(size-n, 0), size - 1, err == nil && n > 0
	}
	first, err := strconv.Atoi(from)
	if err != nil || first >= size {
		return 0, 0, false
	}
	if last = size - 1; to != "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < first {
			return 0, 0, false
		}
		last = min(last, n)
	}
	return first, last, true
}

func (s *Server) deleteMany(body []byte) reply {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Object) == 0 || len(in.Object) > 1000 {
		return refuse(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed")
	}
	for _, o := range in.Object {
		delete(s.objects, o.Key)
	}
	return page(struct {
		XMLName xml.Name `xml:"DeleteResult"`
	}{})
}
