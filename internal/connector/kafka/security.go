package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// security is how connections are encrypted and how the client logs in.
type security struct {
	tls   *tls.Config    // nil: not encrypted
	login sasl.Mechanism // nil: no login
}

// newSecurity reads the options of security. Errors never repeat a password or a key.
func newSecurity(ctx context.Context, v option.Values, readFile func(context.Context, string) ([]byte, error)) (security, error) {
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
		if s.tls, err = tlsConfig(ctx, v, readFile); err != nil {
			return s, err
		}
	}
	if login {
		s.login, err = loginOf(v)
	}
	return s, err
}

func tlsConfig(ctx context.Context, v option.Values, readFile func(context.Context, string) ([]byte, error)) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}
	if v.String("kafka.ssl.protocol") == "TLSv1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	if err := limitVersions(config, v); err != nil {
		return nil, err
	}
	trusted, err := pemOf(ctx, v, "kafka.ssl.truststore.certificates", "kafka.ssl.truststore.location", readFile)
	if err != nil {
		return nil, err
	}
	if trusted != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(trusted) {
			return nil, errclass.InvalidOptionValue.New("The trust store holds no certificate in PEM.").WithHint("Export Java's with keytool -exportcert -rfc.")
		}
	}
	if v.String("kafka.ssl.endpoint.identification.algorithm") == "" {
		anyHost(config)
	}
	return config, clientCertificate(ctx, config, v, readFile)
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

// pemOf is what an option holds, or the file that another names; nil: neither is given.
func pemOf(ctx context.Context, v option.Values, content, location string, readFile func(context.Context, string) ([]byte, error)) ([]byte, error) {
	switch {
	case v.Has(content) && v.Has(location):
		return nil, errclass.InvalidOption.New("Only one of '%s' and '%s' can be given.", content, location)
	case v.Has(content):
		return []byte(v.String(content)), nil
	case v.Has(location):
		data, err := readFile(ctx, v.String(location))
		if err != nil {
			return nil, errclass.InvalidOptionValue.New("The file that option '%s' names cannot be read: %w.", location, err)
		}
		return data, nil
	}
	return nil, nil
}

func clientCertificate(ctx context.Context, config *tls.Config, v option.Values, readFile func(context.Context, string) ([]byte, error)) error {
	chain, err := pemOf(ctx, v, "kafka.ssl.keystore.certificate.chain", "kafka.ssl.keystore.location", readFile)
	if err != nil {
		return err
	}
	key := chain // a PEM key store holds both
	if v.Has("kafka.ssl.keystore.key") {
		key = []byte(v.String("kafka.ssl.keystore.key"))
	}
	if chain == nil && key == nil {
		return nil
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return errclass.InvalidOptionValue.New("The key store holds no certificate with its private key in PEM.").
			WithHint("The key must not be encrypted: openssl pkey decrypts it.")
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// loginOf makes the mechanism that option kafka.sasl.jaas.config describes.
func loginOf(v option.Values) (sasl.Mechanism, error) {
	for _, name := range []string{"kafka.sasl.mechanism", "kafka.sasl.jaas.config"} {
		if !v.Has(name) {
			return nil, errclass.InvalidOption.New("Option '%s' must be specified for 'kafka.security.protocol' %s.", name, v.String("kafka.security.protocol"))
		}
	}
	module, options, err := parseJaas(v.String("kafka.sasl.jaas.config"))
	if err != nil {
		return nil, err
	}
	mechanism := v.String("kafka.sasl.mechanism")
	want := "org.apache.kafka.common.security.scram.ScramLoginModule"
	if mechanism == "PLAIN" {
		want = "org.apache.kafka.common.security.plain.PlainLoginModule"
	}
	if i := strings.LastIndex(module, "org.apache.kafka."); i > 0 {
		module = module[i:] // a shaded client, as Databricks has it: kafkashaded.org.apache.kafka.…
	}
	if module != want {
		return nil, errclass.InvalidOptionValue.New("The login module of 'kafka.sasl.jaas.config' does not fit 'kafka.sasl.mechanism' %s.", mechanism).WithHint("It is %s.", want)
	}
	user, pass := options["username"], options["password"]
	switch mechanism {
	case "PLAIN":
		return plain.Auth{User: user, Pass: pass}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: pass, IsToken: options["tokenauth"] == "true"}.AsSha256Mechanism(), nil
	default:
		return scram.Auth{User: user, Pass: pass, IsToken: options["tokenauth"] == "true"}.AsSha512Mechanism(), nil
	}
}

// parseJaas takes `module required name="value" …;` apart.
func parseJaas(text string) (module string, options map[string]string, err error) {
	wrong := errclass.InvalidOptionValue.New("The value of option 'kafka.sasl.jaas.config' is no JAAS configuration.").
		WithHint(`It looks like: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";`)
	module, rest := word(text)
	flag, rest := word(rest)
	if !strings.EqualFold(flag, "required") {
		return "", nil, wrong
	}
	options = map[string]string{}
	for {
		rest = strings.TrimSpace(rest)
		if rest == ";" {
			break
		}
		name, after, ok := strings.Cut(rest, "=")
		if !ok {
			return "", nil, wrong
		}
		value, after, ok := jaasValue(strings.TrimSpace(after))
		if !ok {
			return "", nil, wrong
		}
		options[strings.TrimSpace(name)], rest = value, after
	}
	if options["username"] == "" || options["password"] == "" {
		return "", nil, wrong
	}
	return module, options, nil
}

// word takes what stands before the next space off.
func word(text string) (first, rest string) {
	text = strings.TrimSpace(text)
	if end := strings.IndexAny(text, " \t\r\n"); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// jaasValue reads a value, quoted (a backslash takes the next character as it is) or up to a space or the end.
func jaasValue(text string) (value, rest string, ok bool) {
	if text == "" || (text[0] != '"' && text[0] != '\'') {
		end := strings.IndexAny(text, " \t\r\n;")
		if end <= 0 {
			return "", "", false
		}
		return text[:end], text[end:], true
	}
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == text[0]:
			return out.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			out.WriteByte(text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", "", false
}
