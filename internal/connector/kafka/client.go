package kafka

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// clientConfig is how to reach a cluster. It makes as many clients as are asked for.
type clientConfig []kgo.Opt

// connect makes a client. It makes no connection yet.
func (c clientConfig) connect(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(append([]kgo.Opt{}, c...), more...)...)
}

// newClientConfig makes the options of "kafka." the client's.
func newClientConfig(ctx context.Context, v option.Values, env Env) (clientConfig, error) {
	servers, err := bootstrapServers(v.String("kafka.bootstrap.servers"))
	if err != nil {
		return nil, err
	}
	security, err := newSecurity(ctx, v, env)
	if err != nil {
		return nil, err
	}
	dial := dialer{tls: security.tls, receive: int(v.Int("kafka.receive.buffer.bytes")), send: int(v.Int("kafka.send.buffer.bytes")), timeout: 10 * time.Second}
	if v.Has("kafka.socket.connection.setup.timeout.ms") {
		dial.timeout = milliseconds(v, "kafka.socket.connection.setup.timeout.ms")
	}
	opts := clientConfig{
		kgo.SeedBrokers(servers...), kgo.Dialer(dial.dial), kgo.SoftwareNameAndVersion("medallion", "1"), kgo.DisableClientMetrics(), kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.BrokerMaxReadBytes(1 << 30), kgo.FetchMaxBytes(1 << 30),
	}
	if security.login != nil {
		opts = append(opts, kgo.SASL(security.login))
	}
	if v.Has("kafka.client.id") {
		opts = append(opts, kgo.ClientID(v.String("kafka.client.id")))
	}
	for _, timed := range []struct {
		name string
		opt  func(time.Duration) kgo.Opt
	}{
		{"kafka.connections.max.idle.ms", kgo.ConnIdleTimeout},
		{"kafka.default.api.timeout.ms", kgo.RetryTimeout},
		{"kafka.metadata.max.age.ms", kgo.MetadataMaxAge},
		{"kafka.request.timeout.ms", kgo.RequestTimeoutOverhead},
	} {
		if v.Has(timed.name) {
			opts = append(opts, timed.opt(milliseconds(v, timed.name)))
		}
	}
	if v.Has("kafka.retry.backoff.ms") || v.Has("kafka.retry.backoff.max.ms") {
		opts = append(opts, kgo.RetryBackoffFn(backoff(v)))
	}
	if err := kgo.ValidateOpts(opts...); err != nil {
		return nil, errclass.InvalidOptionValue.New("the options of the Kafka client make no sense: %w.", err)
	}
	return opts, nil
}

func milliseconds(v option.Values, name string) time.Duration {
	return time.Duration(min(v.Int(name), int64(1<<40))) * time.Millisecond
}

// backoff doubles the pause from the least to the most, as Kafka's clients do.
func backoff(v option.Values) func(int) time.Duration {
	least, most := 100*time.Millisecond, time.Second
	if v.Has("kafka.retry.backoff.ms") {
		least = milliseconds(v, "kafka.retry.backoff.ms")
	}
	if v.Has("kafka.retry.backoff.max.ms") {
		most = milliseconds(v, "kafka.retry.backoff.max.ms")
	}
	return func(attempt int) time.Duration { return max(least, min(least<<min(attempt, 20), most)) }
}

// bootstrapServers takes a list such as "a:9092,b:9092" apart.
func bootstrapServers(text string) ([]string, error) {
	var servers []string
	for server := range strings.SplitSeq(text, ",") {
		if server = strings.TrimSpace(server); server == "" {
			continue
		}
		if _, after, ok := strings.Cut(server, "://"); ok { // "PLAINTEXT://host:port", as brokers advertise themselves
			server = after
		}
		if _, _, err := net.SplitHostPort(server); err != nil {
			return nil, errclass.InvalidOptionValue.New("Invalid url in bootstrap.servers: %s", shortened(server)).WithHint("Write it as host:port.")
		}
		servers = append(servers, server)
	}
	if len(servers) == 0 {
		return nil, errclass.InvalidOptionValue.New("No resolvable bootstrap urls given in bootstrap.servers").WithHint("Write them as host:port,host:port.")
	}
	return servers, nil
}

// A dialer makes connections to brokers.
type dialer struct {
	tls           *tls.Config // nil: not encrypted
	receive, send int         // sizes of the socket's buffers; 0: the system's
	timeout       time.Duration
}

func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if d.receive > 0 {
			err = tcp.SetReadBuffer(d.receive)
		}
		if d.send > 0 && err == nil {
			err = tcp.SetWriteBuffer(d.send)
		}
	}
	if err != nil || d.tls == nil {
		return conn, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	config.ServerName = host
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says what is wrong
		return nil, err
	}
	return secured, nil
}
