package medallion

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"lakehouse/internal/connector/kafka"
	"lakehouse/internal/connector/rate"
	"lakehouse/internal/connector/socket"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// feeds are the formats of sources that are neither files nor tables.
var feeds = []string{"kafka", "rate", "rate-micro-batch", "socket"}

// feed makes such a source; ok says whether the format is one.
func (r resolver) feed(ctx context.Context, d *plan.DataSource) (node logical.Node, ok bool, err error) {
	format := strings.ToLower(d.Format)
	if !slices.Contains(feeds, format) {
		return nil, false, nil
	}
	switch {
	case d.Schema != nil:
		return nil, true, errclass.FixedSchema.New("%s source does not support user-specified schema.", format)
	case len(d.Paths) > 0:
		return nil, true, errclass.InvalidOption.New("unknown option 'path'.").WithHint("A source of format %s has no path.", format)
	case format == "kafka" && !d.Streaming:
		node, err := r.kafkaBatch(ctx, d)
		return node, true, err
	case !d.Streaming:
		return nil, true, errclass.UnsupportedFeature.New("format %s cannot be read as a batch.", format).WithHint("Use readStream.")
	}
	provider, err := r.feedProvider(ctx, format, d.Options)
	if err != nil {
		return nil, true, err
	}
	return &logical.StreamRelation{Provider: provider}, true, nil
}

func (r resolver) feedProvider(ctx context.Context, format string, options map[string]string) (stream.Provider, error) {
	switch format {
	case "kafka":
		opts, err := kafka.ParseReadOptions(ctx, options, true, r.kafkaEnv())
		if err != nil {
			return nil, err
		}
		return kafka.NewProvider(opts), nil
	case "rate":
		return rate.New(options, r.confInt(confWorkers), r.clock)
	case "rate-micro-batch":
		return rate.NewMicroBatch(options, r.confInt(confWorkers))
	default:
		return socket.New(options, r.clock, r.log)
	}
}

func (r resolver) kafkaBatch(ctx context.Context, d *plan.DataSource) (logical.Node, error) {
	opts, err := kafka.ParseReadOptions(ctx, d.Options, false, r.kafkaEnv())
	if err != nil {
		return nil, err
	}
	source, err := kafka.NewSource(opts, uuid.NewString())
	if err != nil {
		return nil, err
	}
	return &logical.Relation{Source: source}, nil
}

// maxCertificateBytes bounds a file of certificates.
const maxCertificateBytes = 16 << 20

// kafkaEnv is what the Kafka source and sink need of the session.
func (s *Session) kafkaEnv() kafka.Env {
	return kafka.Env{
		Clock: s.clock, Log: s.log, Workers: s.confInt(confWorkers), Krb5Conf: krb5Conf(),
		ReadFile: func(ctx context.Context, name string) ([]byte, error) {
			at, err := s.space.Resolve(name)
			if err != nil {
				return nil, err
			}
			return volumes.ReadFileMax(ctx, at.Store, at.Key, maxCertificateBytes)
		},
	}
}

// krb5Conf is where Kerberos' configuration lies: the first file that KRB5_CONFIG names, as with its own programs.
func krb5Conf() string {
	for _, name := range filepath.SplitList(os.Getenv("KRB5_CONFIG")) {
		if name != "" {
			return name
		}
	}
	return "/etc/krb5.conf"
}
