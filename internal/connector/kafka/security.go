package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A fileReader reads a file that an option names.
type fileReader = func(ctx context.Context, path string) ([]byte, error)

// security is how connections are encrypted and how the client logs in.
type security struct {
	tls   *tls.Config    // nil: not encrypted
	login sasl.Mechanism // nil: no login
}

// newSecurity reads the options of security. Errors never repeat a password or a key.
func newSecurity(ctx context.Context, v option.Values, env Env) (security, error) {
	protocol := v.String("kafka.security.protocol")
	encrypted, login := strings.HasSuffix(protocol, "SSL"), strings.HasPrefix(protocol, "SASL")
	for _, name := range clientOptions.Names() {
		switch {
		case strings.HasSuffix(name, "*") || !v.Has(name):
		case strings.HasPrefix(name, "kafka.ssl.") && !encrypted:
			return security{}, errclass.InvalidOption.New("option '%s' has no effect without 'kafka.security.protocol' SSL or SASL_SSL.", name)
		case strings.HasPrefix(name, "kafka.sasl.") && !login:
			return security{}, errclass.InvalidOption.New("option '%s' has no effect without 'kafka.security.protocol' SASL_SSL or SASL_PLAINTEXT.", name)
		}
	}
	var s security
	var err error
	if encrypted {
		if s.tls, err = tlsConfig(ctx, v, env.ReadFile); err != nil {
			return s, err
		}
	}
	if login {
		s.login, err = loginOf(ctx, v, env)
	}
	return s, err
}

func tlsConfig(ctx context.Context, v option.Values, readFile fileReader) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}
	if v.String("kafka.ssl.protocol") == "TLSv1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	if err := limitVersions(config, v); err != nil {
		return nil, err
	}
	trusted, err := trustStore.read(ctx, v, readFile)
	if err != nil {
		return nil, err
	}
	if trusted != nil {
		if len(trusted.trusted) == 0 {
			return nil, errclass.InvalidOptionValue.New("The trust store holds no certificate to trust.").WithHint("Add one with keytool -importcert, or use a file of PEM.")
		}
		config.RootCAs = x509.NewCertPool()
		for _, cert := range trusted.trusted {
			config.RootCAs.AddCert(cert)
		}
	}
	client, err := clientStore.read(ctx, v, readFile)
	if err != nil {
		return nil, err
	}
	if client != nil {
		if len(client.identities) == 0 {
			return nil, errclass.InvalidOptionValue.New("The key store holds no private key with its certificate.")
		}
		config.Certificates = client.identities
	}
	if v.String("kafka.ssl.endpoint.identification.algorithm") == "" {
		anyHost(config)
	}
	return config, nil
}

func limitVersions(config *tls.Config, v option.Values) error {
	if !v.Has("kafka.ssl.enabled.protocols") {
		return nil
	}
	text := v.String("kafka.ssl.enabled.protocols")
	versions := map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}
	var least, most uint16
	for name := range strings.SplitSeq(text, ",") {
		version, ok := versions[strings.TrimSpace(name)]
		if !ok {
			return errclass.InvalidOptionValue.New("Invalid value '%s' for option 'kafka.ssl.enabled.protocols', must be among TLSv1.2 and TLSv1.3", shortened(text))
		}
		if least == 0 || version < least {
			least = version
		}
		most = max(most, version)
	}
	config.MinVersion, config.MaxVersion = least, min(most, config.MaxVersion)
	if config.MinVersion > config.MaxVersion {
		return errclass.InvalidOptionValue.New("'kafka.ssl.enabled.protocols' and 'kafka.ssl.protocol' leave no version of TLS.")
	}
	return nil
}

// anyHost checks the certificate and not the name in it.
func anyHost(config *tls.Config) {
	roots := config.RootCAs
	config.InsecureSkipVerify = true // the check follows
	config.VerifyConnection = func(state tls.ConnectionState) error {
		rest := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			rest.AddCert(c)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: rest})
		return err
	}
}
