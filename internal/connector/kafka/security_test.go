package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// identity is a certificate with its key, as PEM and for a server.
type identity struct {
	certificate, key string
	pair             tls.Certificate
	parsed           *x509.Certificate
}

func newIdentity(t *testing.T, name string, hosts ...string) identity {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			about.IPAddresses = append(about.IPAddresses, ip)
		} else {
			about.DNSNames = append(about.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	id := identity{
		certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}
	if id.pair, err = tls.X509KeyPair([]byte(id.certificate), []byte(id.key)); err != nil {
		t.Fatal(err)
	}
	id.parsed, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (i identity) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(i.parsed)
	return pool
}

const scramLogin = `org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="secret";`

// Rows are read and written over each kind of connection, and not by those who may not.
func TestSecureConnections(t *testing.T) {
	server, other := newIdentity(t, "server", "127.0.0.1", "localhost"), newIdentity(t, "other", "elsewhere")
	client := newIdentity(t, "client")
	encrypted := &tls.Config{Certificates: []tls.Certificate{server.pair}}
	mutual := &tls.Config{Certificates: []tls.Certificate{server.pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: client.pool()}
	misnamed := &tls.Config{Certificates: []tls.Certificate{other.pair}}
	secret := func(mechanism string) kfake.Opt { return kfake.Superuser(mechanism, "alice", "secret") }
	ssl := []string{"kafka.security.protocol", "SSL", "kafka.ssl.truststore.type", "PEM", "kafka.ssl.truststore.certificates", server.certificate}
	both := []string{"kafka.security.protocol", "SASL_SSL", "kafka.ssl.truststore.location", "ca.pem", "kafka.sasl.mechanism", "SCRAM-SHA-512", "kafka.sasl.jaas.config", scramLogin}
	login := func(mechanism, module, password string) []string {
		return []string{"kafka.security.protocol", "SASL_PLAINTEXT", "kafka.sasl.mechanism", mechanism, "kafka.sasl.jaas.config", "org.apache.kafka.common.security." + module + ` required username="alice" password="` + password + `";`}
	}
	tests := []struct {
		name    string
		tls     *tls.Config
		sasl    string
		options []string
		refused string // empty: the rows come
	}{
		{"TLS", encrypted, "", ssl, ""},
		{"TLS 1.2 alone", encrypted, "", append([]string{"kafka.ssl.enabled.protocols", "TLSv1.2"}, ssl...), ""},
		{"an unknown authority", encrypted, "", []string{"kafka.security.protocol", "SSL"}, "certificate"},
		{"another host's certificate", misnamed, "", []string{"kafka.security.protocol", "SSL", "kafka.ssl.truststore.certificates", other.certificate}, "certificate"},
		{"another host's certificate, which may be", misnamed, "", []string{"kafka.security.protocol", "SSL", "kafka.ssl.truststore.certificates", other.certificate, "kafka.ssl.endpoint.identification.algorithm", ""}, ""},
		{"an unknown authority, whatever the host", misnamed, "", append([]string{"kafka.ssl.endpoint.identification.algorithm", ""}, ssl...), "certificate"},
		{"both sides show certificates", mutual, "", append([]string{"kafka.ssl.keystore.certificate.chain", client.certificate, "kafka.ssl.keystore.key", client.key}, ssl...), ""},
		{"a key store in a file", mutual, "", append([]string{"kafka.ssl.keystore.type", "PEM", "kafka.ssl.keystore.location", "client.pem"}, ssl...), ""},
		{"the client shows none", mutual, "", ssl, "certificate required"},
		{"PLAIN", nil, "PLAIN", login("PLAIN", "plain.PlainLoginModule", "secret"), ""},
		{"SCRAM-SHA-256", nil, "SCRAM-SHA-256", login("SCRAM-SHA-256", "scram.ScramLoginModule", "secret"), ""},
		{"SCRAM-SHA-512 over TLS", encrypted, "SCRAM-SHA-512", both, ""},
		{"a wrong password", nil, "PLAIN", login("PLAIN", "plain.PlainLoginModule", "guess"), "ask Kafka for its topics"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := []kfake.Opt{kfake.SeedTopics(1, "t")}
			var clientOpts []kgo.Opt
			if test.tls != nil {
				opts = append(opts, kfake.TLS(test.tls))
				clientOpts = append(clientOpts, kgo.DialTLSConfig(&tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{client.pair}}))
			}
			if test.sasl != "" {
				opts = append(opts, kfake.EnableSASL(), secret(test.sasl))
				clientOpts = append(clientOpts, kgo.SASL(saslOf(test.sasl)))
			}
			b := newBench(t, opts...)
			b.client = b.newClient(clientOpts...)
			for name, text := range map[string]string{"ca.pem": server.certificate, "client.pem": client.key + client.certificate} {
				if err := b.store.Put(t.Context(), name, []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			b.produce("t", 0, "x")
			options := append([]string{"kafka.retry.backoff.ms", "1", "kafka.retry.backoff.max.ms", "1", "kafka.default.api.timeout.ms", "2000"}, test.options...)
			rows, err := b.batchRows(append([]string{"subscribe", "t", "fetchOffset.numRetries", "1"}, options...)...)
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "guess") {
					t.Errorf("got %q, %v, want an error with %q", rows, err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "rows", rows, []string{"0@0 x"})
			if _, err := b.sink(append([]string{"topic", "t"}, options...)...).Write(t.Context(), 0, newFrame(t, "value STRING", `[{"value": "y"}]`)); err != nil {
				t.Fatal(err)
			}
			rows, err = b.batchRows(append([]string{"subscribe", "t"}, options...)...)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "rows with the one written", rows, []string{"0@0 x", "0@1 y"})
		})
	}
}

func saslOf(name string) sasl.Mechanism {
	switch name {
	case "PLAIN":
		return plain.Auth{User: "alice", Pass: "secret"}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: "alice", Pass: "secret"}.AsSha256Mechanism()
	default:
		return scram.Auth{User: "alice", Pass: "secret"}.AsSha512Mechanism()
	}
}
