package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"lakehouse/volumes"
)

// List gives a page of keys. They come encoded, because XML cannot hold all of them.
func (p *protocol) List(ctx context.Context, q volumes.ObjectQuery) (volumes.ObjectPage, error) {
	in := &awss3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: &q.Prefix, EncodingType: types.EncodingTypeUrl, RequestPayer: p.payer()}
	if q.StartAfter != "" {
		in.StartAfter = &q.StartAfter
	}
	if q.Folders {
		in.Delimiter = aws.String("/")
	}
	if q.Token != "" {
		in.ContinuationToken = &q.Token
	}
	if q.Max > 0 {
		in.MaxKeys = aws.Int32(int32(q.Max))
	}
	out, err := p.client.ListObjectsV2(ctx, in, p.here)
	if err != nil {
		return volumes.ObjectPage{}, p.failed("ListObjectsV2", err)
	}
	page, err := pageOf(out)
	if err != nil {
		return volumes.ObjectPage{}, p.failed("ListObjectsV2", err)
	}
	return page, nil
}

func pageOf(out *awss3.ListObjectsV2Output) (page volumes.ObjectPage, err error) {
	page.Objects = make([]volumes.Object, len(out.Contents))
	for i, o := range out.Contents {
		key, err := decodeKey(aws.ToString(o.Key), out.EncodingType)
		if err != nil {
			return page, err
		}
		if err := checkSize(aws.ToInt64(o.Size)); err != nil {
			return page, err
		}
		page.Objects[i] = volumes.Object{Key: key, Size: aws.ToInt64(o.Size), ModTime: aws.ToTime(o.LastModified), ETag: trimTag(o.ETag)}
	}
	for _, f := range out.CommonPrefixes {
		key, err := decodeKey(aws.ToString(f.Prefix), out.EncodingType)
		if err != nil {
			return page, err
		}
		page.Folders = append(page.Folders, key)
	}
	if out.KeyCount != nil && int(*out.KeyCount) != len(page.Objects)+len(page.Folders) {
		return page, fmt.Errorf("a page says that it has %d keys, and has %d", *out.KeyCount, len(page.Objects)+len(page.Folders))
	}
	if aws.ToBool(out.IsTruncated) {
		if page.Next = aws.ToString(out.NextContinuationToken); page.Next == "" {
			return page, errors.New("a page says that it is not the last, and not which comes next")
		}
	}
	return page, nil
}

// decodeKey reads a key as the page says that it is written: not every server encodes keys when it is asked to.
func decodeKey(key string, encoding types.EncodingType) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return key, nil
	}
	text, err := url.QueryUnescape(key)
	if err != nil {
		return "", fmt.Errorf("the key %q of a page: %w", key, err)
	}
	return text, nil
}

// Uploads gives a page of uploads.
func (p *protocol) Uploads(ctx context.Context, prefix, token string) (uploads []volumes.ObjectUpload, next string, err error) {
	in := &awss3.ListMultipartUploadsInput{Bucket: &p.bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl, RequestPayer: p.payer()}
	if key, upload, ok := strings.Cut(token, "\x00"); ok {
		in.KeyMarker, in.UploadIdMarker = &key, &upload
	}
	out, err := p.client.ListMultipartUploads(ctx, in, p.here)
	if err != nil {
		return nil, "", p.failed("ListMultipartUploads", err)
	}
	for _, u := range out.Uploads {
		key, err := decodeKey(aws.ToString(u.Key), out.EncodingType)
		if err != nil {
			return nil, "", p.failed("ListMultipartUploads", err)
		}
		uploads = append(uploads, volumes.ObjectUpload{Key: key, Upload: aws.ToString(u.UploadId), Started: aws.ToTime(u.Initiated)})
	}
	if !aws.ToBool(out.IsTruncated) {
		return uploads, "", nil
	}
	marker, err := decodeKey(aws.ToString(out.NextKeyMarker), out.EncodingType)
	return uploads, marker + "\x00" + aws.ToString(out.NextUploadIdMarker), p.failed("ListMultipartUploads", err)
}
