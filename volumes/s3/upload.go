package s3

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"lakehouse/volumes"
)

// StartUpload begins an upload.
func (p *protocol) StartUpload(ctx context.Context, key string, opts volumes.PutOptions) (upload string, err error) {
	in := &awss3.CreateMultipartUploadInput{Bucket: &p.bucket, Key: &key, Metadata: metadata(opts), RequestPayer: p.payer()}
	in.ServerSideEncryption, in.SSEKMSKeyId = p.encryption()
	out, err := p.client.CreateMultipartUpload(ctx, in, p.here)
	if err != nil {
		return "", p.failed("CreateMultipartUpload", err)
	}
	return aws.ToString(out.UploadId), nil
}

// PutPart uploads a part.
func (p *protocol) PutPart(ctx context.Context, part volumes.ObjectPart, data []byte) (tag string, err error) {
	out, err := p.client.UploadPart(ctx, &awss3.UploadPartInput{
		Bucket: &p.bucket, Key: &part.Key, UploadId: &part.Upload, PartNumber: aws.Int32(int32(part.Number)),
		Body: bytes.NewReader(data), ContentLength: aws.Int64(int64(len(data))), RequestPayer: p.payer(),
	}, p.here)
	if err != nil {
		return "", p.failed("UploadPart", err)
	}
	return aws.ToString(out.ETag), nil
}

// CopyPart makes a part of another object's bytes.
func (p *protocol) CopyPart(ctx context.Context, part volumes.ObjectPart, from volumes.Object, offset, length int64) (tag string, err error) {
	out, err := p.client.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{
		Bucket: &p.bucket, Key: &part.Key, UploadId: &part.Upload, PartNumber: aws.Int32(int32(part.Number)),
		CopySource:        aws.String(encodeSource(p.bucket, from.Key)),
		CopySourceRange:   aws.String("bytes=" + strconv.FormatInt(offset, 10) + "-" + strconv.FormatInt(offset+length-1, 10)),
		CopySourceIfMatch: aws.String(quoted(from.ETag)),
		RequestPayer:      p.payer(),
	}, p.here)
	if err != nil {
		return "", p.failed("UploadPartCopy", err)
	}
	if out.CopyPartResult == nil {
		return "", p.failed("UploadPartCopy", errors.New("the answer is empty"))
	}
	return aws.ToString(out.CopyPartResult.ETag), nil
}

// encodeSource writes the name of an object as a header holds it.
func encodeSource(bucket, key string) string {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(part), "+", "%20")
	}
	return bucket + "/" + strings.Join(parts, "/")
}

// FinishUpload makes the object of its parts.
func (p *protocol) FinishUpload(ctx context.Context, key, upload string, tags []string, opts volumes.PutOptions) error {
	parts := make([]types.CompletedPart, len(tags))
	for i := range tags {
		parts[i] = types.CompletedPart{ETag: &tags[i], PartNumber: aws.Int32(int32(i + 1))}
	}
	in := &awss3.CompleteMultipartUploadInput{
		Bucket: &p.bucket, Key: &key, UploadId: &upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, RequestPayer: p.payer(),
	}
	if opts.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	_, err := p.client.CompleteMultipartUpload(ctx, in, p.here)
	return p.failed("CompleteMultipartUpload", err)
}

// AbortUpload drops an upload.
func (p *protocol) AbortUpload(ctx context.Context, key, upload string) error {
	_, err := p.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{
		Bucket: &p.bucket, Key: &key, UploadId: &upload, RequestPayer: p.payer(),
	}, p.here)
	return p.failed("AbortMultipartUpload", err)
}
