package s3test

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// keysOfPage are the keys of a page, and how many it says they are.
var keysOfPage = regexp.MustCompile(`<KeyCount>\d+</KeyCount>|(?s:<Contents>.*</Contents>|<CommonPrefixes>.*</CommonPrefixes>)`)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type listResult struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name, Prefix          string
	KeyCount, MaxKeys     int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []listedPrefix
}

type listed struct {
	Key, LastModified, ETag string
	Size                    int
}

type listedPrefix struct{ Prefix string }

// list gives a page. The token is the last key of the page before, or the folder that it told.
func (s *Server) list(q url.Values) reply {
	encode := func(key string) string { return key }
	if q.Get("encoding-type") == "url" {
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	most := 1000
	if s.PageKeys > 0 {
		most = s.PageKeys
	}
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		most = min(most, n)
	}
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		text, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return refuse(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
		}
		after = string(text)
	}
	out := listResult{Name: Bucket, Prefix: prefix, MaxKeys: most, EncodingType: q.Get("encoding-type")}
	last := ""
	for _, key := range sortedKeys(s.objects) {
		told, folder := key, false
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if i := strings.Index(key[len(prefix):], "/"); delimiter != "" && i >= 0 {
			told, folder = key[:len(prefix)+i+1], true
		}
		if told == last || key <= after || folder && strings.HasSuffix(after, "/") && told <= after {
			continue
		}
		if out.KeyCount == most {
			out.IsTruncated = true
			out.NextContinuationToken = base64.StdEncoding.EncodeToString([]byte(last))
			break
		}
		last = told
		out.KeyCount++
		if folder {
			out.CommonPrefixes = append(out.CommonPrefixes, listedPrefix{encode(told)})
			continue
		}
		o := s.objects[key]
		out.Contents = append(out.Contents, listed{encode(key), o.modTime.Format("2006-01-02T15:04:05.000Z"), o.etag, len(o.data)})
	}
	if s.RepeatsPages && out.IsTruncated && q.Get("continuation-token") != "" {
		out.NextContinuationToken = q.Get("continuation-token")
	}
	if s.Unordered {
		slices.Reverse(out.Contents)
	}
	return page(out)
}
