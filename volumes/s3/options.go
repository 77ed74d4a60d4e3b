package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// Options says how a bucket is reached. The zero value is AWS with the credentials of the environment.
type Options struct {
	Region   string // empty: the environment's, or found by asking
	Endpoint string // of a store that is not AWS: "http://localhost:9000"; empty: the environment's, or AWS
	// Style is how the bucket stands in an address; by default in the path for endpoints that are not those of AWS.
	Style Style

	AccessKey, SecretKey, SessionToken string // empty: found in the environment
	Profile                            string // of the shared configuration
	// Credentials gives the keys, instead of all that stands above and below; it is asked again when they have run out.
	Credentials func(ctx context.Context) (Keys, error)
	// Providers are where credentials are looked for, in this order; empty: the keys above, or all that AWS tools know.
	Providers string

	Encryption    string // "", "AES256", "SSE-KMS" or "DSSE-KMS"
	EncryptionKey string // of KMS
	RequesterPays bool

	PartBytes    int64         // of uploads; 0: 8 MiB
	PartsAtOnce  int           // of one upload; 0: 3
	Attempts     int           // of a request; 0: 8
	Timeout      time.Duration // of an answer, and of a body that stands still; 0: 30 s
	ConnectIn    time.Duration // 0: 5 s
	Connections  int           // kept open; 0: 100
	SingleWriter bool          // see volumes.ObjectOptions

	Transport http.RoundTripper // of the requests to the bucket; nil: one of the package's own
}

// Keys are credentials. The zero time says that they do not run out.
type Keys struct {
	AccessKey, SecretKey, SessionToken string
	Expires                            time.Time
}

// Style is how the name of a bucket stands in an address.
type Style uint8

// The styles.
const (
	StyleAuto Style = iota
	StyleHost       // bucket.endpoint/key
	StylePath       // endpoint/bucket/key
)

// Open opens the store of the objects of a bucket whose keys begin with a prefix: s3://bucket/prefix, s3://bucket. No request is made.
func Open(ctx context.Context, uri string, opts Options) (*volumes.ObjectStore, error) {
	place, err := volumes.ParseBucketURI(uri)
	if err != nil {
		return nil, err
	}
	if place.Scheme != "s3" && place.Scheme != "s3a" && place.Scheme != "s3n" {
		return nil, errclass.InvalidPath.New("the path %q is none of S3: it begins with s3://.", uri)
	}
	p, err := newProtocol(ctx, place.Bucket, opts)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", uri, err)
	}
	return volumes.NewObjectStore(p, place.Key, volumes.ObjectOptions{
		Where: strings.TrimSuffix(place.Scheme+"://"+place.Bucket+"/"+place.Key, "/"), PartBytes: opts.PartBytes, PartsAtOnce: opts.PartsAtOnce,
		Attempts: opts.Attempts, Timeout: opts.Timeout, SingleWriter: opts.SingleWriter,
	})
}

const defaultRegion = "us-east-1" // where a bucket is not, another region's answer says where it is

// newProtocol makes the client of a bucket.
func newProtocol(ctx context.Context, bucket string, opts Options) (*protocol, error) {
	endpoint, err := endpointURL(opts.Endpoint)
	if err != nil {
		return nil, err
	}
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(opts.httpClient()), config.WithLogger(logging.Nop{})}
	if opts.Region != "" {
		load = append(load, config.WithRegion(opts.Region))
	}
	if opts.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(opts.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("read the configuration of AWS: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	provider, err := opts.credentials(cfg)
	if err != nil {
		return nil, err
	}
	p := &protocol{bucket: bucket, opts: opts, region: cfg.Region, credentials: provider}
	p.client = awss3.NewFromConfig(cfg, func(o *awss3.Options) {
		o.Retryer = aws.NopRetryer{} // repeating is the store's: a put that is repeated unseen would lose to itself
		o.Credentials = provider
		if opts.Transport != nil {
			o.HTTPClient = &http.Client{Transport: opts.Transport, CheckRedirect: stay}
		}
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
		o.HTTPClient = bounded{o.HTTPClient}
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
		switch opts.Style {
		case StylePath:
			o.UsePathStyle = true
		case StyleHost:
			o.UsePathStyle = false
		default:
			o.UsePathStyle = o.UsePathStyle || o.BaseEndpoint != nil && !isAmazon(*o.BaseEndpoint) || strings.Contains(bucket, ".")
		}
	})
	return p, nil
}

// endpointURL completes the address of a store.
func endpointURL(endpoint string) (string, error) {
	if endpoint == "" {
		return "", nil
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return "", errclass.InvalidOption.New("the endpoint of S3 is not the address of a server.").
			WithHint("Write http://host:port or https://host.")
	}
	return endpoint, nil
}

func isAmazon(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// httpClient is the client of all requests, those for credentials too.
func (o Options) httpClient() aws.HTTPClient {
	connections, connectIn := o.Connections, o.ConnectIn
	if connections == 0 {
		connections = 100
	}
	if connectIn == 0 {
		connectIn = 5 * time.Second
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = connections
		t.MaxIdleConnsPerHost = connections
	}).WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectIn })
}

// stay keeps a client where it is: a signed request is of no use elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
