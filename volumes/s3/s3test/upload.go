package s3test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const leastPart = 5 << 20

func (s *Server) create(r *http.Request, key string) reply {
	s.counter++
	id := fmt.Sprintf("upload-%d", s.counter)
	s.uploads[id] = &upload{key: key, meta: metaOf(r), parts: map[int]*object{}, started: s.now()}
	return page(struct {
		XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string   //nolint:revive // S3 spells it so
	}{Bucket: Bucket, Key: key, UploadId: id})
}

// open is an upload, and the number of the part that a request is about.
func (s *Server) open(q url.Values, key string) (u *upload, number int, refused reply) {
	u = s.uploads[q.Get("uploadId")]
	if u == nil || u.key != key {
		return nil, 0, refuse(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist")
	}
	number, err := strconv.Atoi(q.Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return nil, 0, refuse(http.StatusBadRequest, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	return u, number, reply{}
}

func (s *Server) part(q url.Values, key string, body []byte) reply {
	u, number, refused := s.open(q, key)
	if u == nil {
		return refused
	}
	u.parts[number] = s.newObject(slices.Clone(body), nil)
	return reply{status: http.StatusOK, header: map[string]string{"ETag": u.parts[number].etag}}
}

func (s *Server) partCopy(r *http.Request, q url.Values, key string) reply {
	u, number, refused := s.open(q, key)
	if u == nil {
		return refused
	}
	source, err := url.PathUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
	if err != nil {
		return refuse(http.StatusBadRequest, "InvalidArgument", "Copy Source must mention the source bucket and key")
	}
	from := s.objects[strings.TrimPrefix(source, Bucket+"/")]
	if from == nil {
		return refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if match := r.Header.Get("X-Amz-Copy-Source-If-Match"); match != "" && match != from.etag {
		return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	first, last, ok := cutRange(r.Header.Get("X-Amz-Copy-Source-Range"), len(from.data))
	if !ok {
		return refuse(http.StatusBadRequest, "InvalidArgument", "Range specified is not valid")
	}
	u.parts[number] = s.newObject(slices.Clone(from.data[first:last+1]), nil)
	return page(struct {
		XMLName xml.Name `xml:"CopyPartResult"`
		ETag    string
	}{ETag: u.parts[number].etag})
}

func (s *Server) complete(r *http.Request, q url.Values, key string, body []byte) reply {
	u := s.uploads[q.Get("uploadId")]
	if u == nil || u.key != key {
		return refuse(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist")
	}
	if refused, ok := s.free(r, key); !ok && !s.IgnoresConditions && !s.IgnoresFinish {
		return refused
	}
	var in struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Part) == 0 {
		return refuse(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed")
	}
	var data bytes.Buffer
	for i, p := range in.Part {
		part := u.parts[p.PartNumber]
		switch {
		case part == nil || part.etag != p.ETag || i > 0 && p.PartNumber <= in.Part[i-1].PartNumber:
			return refuse(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found")
		case i < len(in.Part)-1 && len(part.data) < leastPart:
			return refuse(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		data.Write(part.data)
	}
	o := s.newObject(data.Bytes(), u.meta)
	o.etag = strings.TrimSuffix(o.etag, `"`) + "-" + strconv.Itoa(len(in.Part)) + `"`
	s.objects[key] = o
	delete(s.uploads, q.Get("uploadId"))
	return page(struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: Bucket, Key: key, ETag: o.etag})
}

// listUploads gives a page. Two are a page, so that pages are tested.
func (s *Server) listUploads(q url.Values) reply {
	type listedUpload struct {
		Key, UploadId, Initiated string //nolint:revive // S3 spells it so
	}
	out := struct {
		XMLName                           xml.Name `xml:"ListMultipartUploadsResult"`
		Bucket                            string
		IsTruncated                       bool
		NextKeyMarker, NextUploadIdMarker string //nolint:revive // S3 spells it so
		Upload                            []listedUpload
	}{Bucket: Bucket}
	ids := sortedKeys(s.uploads)
	slices.SortStableFunc(ids, func(a, b string) int { return strings.Compare(s.uploads[a].key, s.uploads[b].key) })
	marker := q.Get("key-marker") + "\x00" + q.Get("upload-id-marker")
	for _, id := range ids {
		u := s.uploads[id]
		if !strings.HasPrefix(u.key, q.Get("prefix")) || q.Has("key-marker") && u.key+"\x00"+id <= marker {
			continue
		}
		if len(out.Upload) == 2 {
			out.IsTruncated = true
			break
		}
		out.Upload = append(out.Upload, listedUpload{u.key, id, u.started.UTC().Format("2006-01-02T15:04:05.000Z")})
		out.NextKeyMarker, out.NextUploadIdMarker = u.key, id
	}
	return page(out)
}
