package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lakehouse/volumes"
)

// protocol is a bucket as volumes.Objects: a method a request.
type protocol struct {
	client      *awss3.Client
	bucket      string
	opts        Options
	credentials aws.CredentialsProvider

	mu     sync.Mutex
	region string // where the bucket is, as far as it is known
}

var _ volumes.Objects = (*protocol)(nil)

// limits are Amazon's. Others allow as much.
var limits = volumes.ObjectLimits{KeyBytes: 1024, PartBytes: 5 << 20, CopyBytes: 5 << 30, Parts: 10_000, DeleteKeys: 1000}

// tokenKey is the name of the token among an object's own metadata: x-amz-meta-put-token.
const tokenKey = "put-token"

func (p *protocol) Limits() volumes.ObjectLimits { return limits }

// here has a request go to the region where the bucket is.
func (p *protocol) here(o *awss3.Options) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.Region = p.region
}

// failed makes the error of a request, and learns from it: where the bucket is, and that credentials have run out.
func (p *protocol) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	out := fail(op, err)
	failure, ok := errors.AsType[*volumes.ObjectError](out)
	if !ok {
		return out
	}
	if p.moved(err) {
		failure.Fault = volumes.FaultExpired
	}
	if failure.Fault == volumes.FaultExpired {
		if cache, ok := p.credentials.(*aws.CredentialsCache); ok {
			cache.Invalidate()
		}
	}
	return out
}

// moved notes the region that an answer names, if it is another than was asked.
func (p *protocol) moved(err error) bool {
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.Response == nil {
		return false
	}
	region := response.Response.Header.Get("X-Amz-Bucket-Region")
	switch response.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
	default:
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if region == "" || region == p.region {
		return false
	}
	p.region = region
	return true
}

func (p *protocol) payer() types.RequestPayer {
	if p.opts.RequesterPays {
		return types.RequestPayerRequester
	}
	return ""
}

// Head describes an object. A refusal without a reason, which is all that HEAD gives, is asked for again by GET.
func (p *protocol) Head(ctx context.Context, key string) (volumes.Object, error) {
	out, err := p.client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &p.bucket, Key: &key, RequestPayer: p.payer()}, p.here)
	if err != nil {
		err := p.failed("HeadObject", err)
		if failure, ok := errors.AsType[*volumes.ObjectError](err); ok && (failure.Fault == volumes.FaultDenied || failure.Fault == volumes.FaultOther) {
			return p.headByGet(ctx, key, err)
		}
		return volumes.Object{}, err
	}
	if err := checkSize(aws.ToInt64(out.ContentLength)); err != nil {
		return volumes.Object{}, p.failed("HeadObject", err)
	}
	return volumes.Object{
		Key: key, Size: aws.ToInt64(out.ContentLength), ModTime: aws.ToTime(out.LastModified), ETag: trimTag(out.ETag), Token: out.Metadata[tokenKey],
	}, nil
}

func (p *protocol) headByGet(ctx context.Context, key string, was error) (volumes.Object, error) {
	object, body, err := p.Get(ctx, key, volumes.GetOptions{Length: 1})
	if err == nil {
		return object, body.Close()
	}
	if failure, ok := errors.AsType[*volumes.ObjectError](err); ok && failure.Fault != volumes.FaultRange {
		return volumes.Object{}, err
	}
	return volumes.Object{}, &volumes.ObjectError{Fault: volumes.FaultUnknown, Err: was} // it is there, and empty: HEAD may be asked
}

// Get begins to read an object.
func (p *protocol) Get(ctx context.Context, key string, opts volumes.GetOptions) (volumes.Object, io.ReadCloser, error) {
	in := &awss3.GetObjectInput{Bucket: &p.bucket, Key: &key, RequestPayer: p.payer()}
	if text := rangeOf(opts); text != "" {
		in.Range = &text
	}
	if opts.ETag != "" {
		in.IfMatch = aws.String(quoted(opts.ETag))
	}
	out, err := p.client.GetObject(ctx, in, p.here)
	if err != nil {
		return volumes.Object{}, nil, p.failed("GetObject", err)
	}
	size := aws.ToInt64(out.ContentLength)
	err = checkSize(size)
	if err == nil && in.Range != nil {
		size, err = checkRange(aws.ToString(out.ContentRange), size, opts)
	}
	if err != nil {
		_ = out.Body.Close() // it is not what was asked for
		return volumes.Object{}, nil, p.failed("GetObject", err)
	}
	return volumes.Object{
		Key: key, Size: size, ModTime: aws.ToTime(out.LastModified), ETag: trimTag(out.ETag), Token: out.Metadata[tokenKey],
	}, out.Body, nil
}

// checkSize refuses a size that no object has.
func checkSize(size int64) error {
	if size < 0 {
		return fmt.Errorf("%w: an object of %d bytes", errIgnored, size)
	}
	return nil
}

func rangeOf(opts volumes.GetOptions) string {
	switch {
	case opts.Last > 0:
		return fmt.Sprintf("bytes=-%d", opts.Last)
	case opts.Length > 0:
		return fmt.Sprintf("bytes=%d-%d", opts.Offset, opts.Offset+opts.Length-1)
	case opts.Offset > 0:
		return fmt.Sprintf("bytes=%d-", opts.Offset)
	}
	return ""
}

// checkRange gives the size of an object of which a range was asked for, "bytes 0-9/100". A server that answers with other bytes, or with
// all of a longer object, is not read from.
func checkRange(text string, length int64, opts volumes.GetOptions) (size int64, err error) {
	if text == "" { // all of it
		if opts.Offset == 0 && (opts.Last > 0 && length <= opts.Last || opts.Last == 0 && (opts.Length == 0 || length <= opts.Length)) {
			return length, nil
		}
		return 0, fmt.Errorf("%w: a range of an object", errIgnored)
	}
	first, last, size, ok := parseRange(text)
	if !ok {
		return 0, fmt.Errorf("%w: it answers with the range %q", errIgnored, text)
	}
	want := opts.Offset
	if opts.Last > 0 {
		want = max(size-opts.Last, 0)
	}
	end := size - 1
	if opts.Last == 0 && opts.Length > 0 {
		end = min(end, want+opts.Length-1)
	}
	if first != want || last != end {
		return 0, fmt.Errorf("%w: it answers with the range %q", errIgnored, text)
	}
	return size, nil
}

// parseRange reads a Content-Range to the letter (RFC 9110, 14.4): "bytes 0-9/100" is the first ten bytes of a hundred.
func parseRange(text string) (first, last, size int64, ok bool) {
	span, isBytes := strings.CutPrefix(text, "bytes ")
	ends, total, hasTotal := strings.Cut(span, "/")
	from, to, hasEnds := strings.Cut(ends, "-")
	if !isBytes || !hasTotal || !hasEnds {
		return 0, 0, 0, false
	}
	for _, number := range []struct {
		text string
		to   *int64
	}{{from, &first}, {to, &last}, {total, &size}} {
		n, err := strconv.ParseUint(number.text, 10, 63)
		if err != nil {
			return 0, 0, 0, false
		}
		*number.to = int64(n)
	}
	return first, last, size, first <= last && last < size
}

func quoted(tag string) string { return `"` + tag + `"` }

func trimTag(tag *string) string { return strings.Trim(aws.ToString(tag), `"`) }

// castagnoli is the checksum that goes with a put.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Put makes an object.
func (p *protocol) Put(ctx context.Context, key string, data []byte, opts volumes.PutOptions) error {
	in := &awss3.PutObjectInput{
		Bucket: &p.bucket, Key: &key, Body: bytes.NewReader(data), ContentLength: aws.Int64(int64(len(data))), Metadata: metadata(opts),
		ChecksumCRC32C: aws.String(base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.Checksum(data, castagnoli)))),
		RequestPayer:   p.payer(),
	}
	if opts.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = p.encryption()
	_, err := p.client.PutObject(ctx, in, p.here)
	return p.failed("PutObject", err)
}

func metadata(opts volumes.PutOptions) map[string]string {
	if opts.Token == "" {
		return nil
	}
	return map[string]string{tokenKey: opts.Token}
}

// encryption is what the server is to encrypt with.
func (p *protocol) encryption() (types.ServerSideEncryption, *string) {
	var key *string
	if p.opts.EncryptionKey != "" {
		key = &p.opts.EncryptionKey
	}
	switch p.opts.Encryption {
	case "AES256":
		return types.ServerSideEncryptionAes256, nil
	case "SSE-KMS":
		return types.ServerSideEncryptionAwsKms, key
	case "DSSE-KMS":
		return types.ServerSideEncryptionAwsKmsDsse, key
	}
	return "", nil
}

// Delete removes objects.
func (p *protocol) Delete(ctx context.Context, keys []string) error {
	if len(keys) == 1 {
		_, err := p.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &p.bucket, Key: &keys[0], RequestPayer: p.payer()}, p.here)
		if err = p.failed("DeleteObject", err); isAbsent(err) {
			return nil
		}
		return err
	}
	list := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		list[i].Key = &keys[i]
	}
	out, err := p.client.DeleteObjects(ctx, &awss3.DeleteObjectsInput{
		Bucket: &p.bucket, Delete: &types.Delete{Objects: list, Quiet: aws.Bool(true)}, RequestPayer: p.payer(),
	}, p.here)
	if err != nil {
		return p.failed("DeleteObjects", err)
	}
	for _, e := range out.Errors {
		a := &answer{op: "DeleteObjects", code: aws.ToString(e.Code), message: aws.ToString(e.Message)}
		if fault := faultOf(a, nil); fault != volumes.FaultAbsent {
			return &volumes.ObjectError{Fault: fault, Err: fmt.Errorf("%s: %w", aws.ToString(e.Key), a)}
		}
	}
	return nil
}

func isAbsent(err error) bool {
	failure, ok := errors.AsType[*volumes.ObjectError](err)
	return ok && failure.Fault == volumes.FaultAbsent
}
