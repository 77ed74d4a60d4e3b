package s3

import (
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	maxAnswerBytes = 8 << 20 // a page of 1000 keys of 1024 bytes, each written as %XX, has less than half
	maxErrorBytes  = 1 << 20
)

// bounded is a client that reads no more of an answer than one may have. The library would take all of it into memory; only the bytes of
// an object are read as they come, and asked for.
type bounded struct{ client aws.HTTPClient }

func (b bounded) Do(r *http.Request) (*http.Response, error) {
	answer, err := b.client.Do(r)
	if err != nil {
		return answer, err
	}
	query := r.URL.Query()
	isObject := r.Method == http.MethodGet && !query.Has("list-type") && !query.Has("uploads")
	switch {
	case answer.StatusCode >= 300:
		answer.Body = &boundedBody{answer.Body, maxErrorBytes}
	case !isObject:
		answer.Body = &boundedBody{answer.Body, maxAnswerBytes}
	}
	return answer, nil
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: the answer has no end", errIgnored)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
