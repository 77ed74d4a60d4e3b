package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"

	"lakehouse/internal/errclass"
)

// A bearer asks for tokens, and keeps one until four fifths of its life have passed, as Kafka's client does. It is safe for
// concurrent use.
type bearer struct {
	fetch      func(context.Context) (token, error)
	extensions map[string]string
	clock      func() time.Time

	mu    sync.Mutex
	held  token
	until time.Time // when the held token is asked for anew
}

// A token is what a broker is shown.
type token struct {
	text    string
	expires time.Time // zero: nobody said
}

// maxTokenBytes bounds what a token endpoint, or a file with a token, can make us read.
const maxTokenBytes = 1 << 20

// bearerHandlers are the callback handlers of Kafka's client that do what is done here.
var bearerHandlers = []string{
	"org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
	"org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
}

// newBearer makes OAUTHBEARER: a token for client credentials from an endpoint, or a token from a file.
func newBearer(_ context.Context, l login) (sasl.Mechanism, error) {
	b, err := bearerOf(l)
	if err != nil {
		return nil, err
	}
	return oauth.Oauth(b.authenticate), nil
}

func bearerOf(l login) (*bearer, error) {
	v := l.values
	if handler := v.String("kafka.sasl.login.callback.handler.class"); v.Has("kafka.sasl.login.callback.handler.class") &&
		!slices.ContainsFunc(bearerHandlers, func(known string) bool { return strings.HasSuffix(handler, known) }) {
		return nil, errclass.InvalidOptionValue.New("Java classes cannot be loaded: 'kafka.sasl.login.callback.handler.class' must be %s.", bearerHandlers[0])
	}
	const endpoint = "kafka.sasl.oauthbearer.token.endpoint.url"
	if !v.Has(endpoint) {
		err := errclass.InvalidOption.New("Option '%s' must be specified for 'kafka.sasl.mechanism' OAUTHBEARER.", endpoint)
		for name := range l.jaas {
			if strings.HasPrefix(name, "unsecuredLogin") {
				return nil, err.WithHint("Tokens without a signature are not made: brokers take them in tests alone.")
			}
		}
		return nil, err
	}
	b := &bearer{clock: l.env.Clock, extensions: map[string]string{}}
	for name, value := range l.jaas {
		name, ok := strings.CutPrefix(name, "extension_")
		if !ok {
			continue
		}
		if !extensionName.MatchString(name) || name == "auth" || !extensionValue.MatchString(value) {
			return nil, errclass.InvalidOptionValue.New("'extension_%s' of 'kafka.sasl.jaas.config' has a name or a value that OAUTHBEARER does not allow.", shortened(name))
		}
		b.extensions[name] = value
	}
	at, err := url.Parse(v.String(endpoint))
	if err != nil || (at.Scheme != "file" && at.Host == "") {
		return nil, errclass.InvalidOptionValue.New("The value of option '%s' is no URL.", endpoint).WithHint("It looks like https://login.example.com/oauth2/token.")
	}
	switch at.Scheme {
	case "file":
		b.fetch = func(ctx context.Context) (token, error) {
			text, err := l.env.ReadFile(ctx, v.String(endpoint))
			if err != nil {
				return token{}, fmt.Errorf("read the token that '%s' names: %w", endpoint, err)
			}
			return newToken(strings.TrimSpace(string(text)), 0, l.env.Clock())
		}
	case "http", "https":
		if b.fetch, err = newTokenEndpoint(at, l); err != nil {
			return nil, err
		}
	default:
		return nil, errclass.InvalidOptionValue.New("Option '%s' must be a URL of https, http or file.", endpoint)
	}
	return b, nil
}

// RFC 7628, section 3.1.
var (
	extensionName  = regexp.MustCompile(`^[A-Za-z]+$`)
	extensionValue = regexp.MustCompile(`^[\x21-\x7E \t\r\n]+$`)
)

func (b *bearer) authenticate(ctx context.Context) (oauth.Auth, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	if b.held.text == "" || !now.Before(b.until) {
		held, err := b.fetch(ctx)
		if err != nil {
			return oauth.Auth{}, err
		}
		b.held, b.until = held, now
		if !held.expires.IsZero() {
			b.until = now.Add(held.expires.Sub(now) * 4 / 5)
		}
	}
	return oauth.Auth{Token: b.held.text, Extensions: maps.Clone(b.extensions)}, nil
}

// newToken finds out how long a token lives: it says so itself if it is a JWT, else the endpoint did.
func newToken(text string, seconds float64, now time.Time) (token, error) {
	if text == "" || strings.ContainsAny(text, "\x01\n\r ") {
		return token{}, errors.New("what was given as a token is none")
	}
	t := token{text: text}
	if seconds > 0 {
		t.expires = now.Add(time.Duration(min(seconds, 1e9)) * time.Second)
	}
	if parts := strings.Split(text, "."); len(parts) == 3 {
		var claims struct {
			Expires float64 `json:"exp"`
		}
		if payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "=")); err == nil && json.Unmarshal(payload, &claims) == nil && claims.Expires > 0 {
			t.expires = time.Unix(int64(min(claims.Expires, 1e11)), 0)
		}
	}
	if !t.expires.IsZero() && !t.expires.After(now) {
		return token{}, errors.New("the token has expired")
	}
	return t, nil
}

// A tokenEndpoint gives tokens for a client's id and secret: RFC 6749, section 4.4.
type tokenEndpoint struct {
	at         *url.URL
	id, secret string
	body       string
	client     *http.Client
	backoff    time.Duration
	most       time.Duration // how long it is tried for
	wait       func(context.Context, time.Duration) error
	clock      func() time.Time
}

func newTokenEndpoint(at *url.URL, l login) (func(context.Context) (token, error), error) {
	v := l.values
	either := func(name, jaas string) string { return strings.TrimSpace(cmp.Or(v.String(name), l.jaas[jaas])) }
	e := &tokenEndpoint{
		at: at, clock: l.env.Clock, wait: pause,
		id:      either("kafka.sasl.oauthbearer.client.credentials.client.id", "clientId"),
		secret:  either("kafka.sasl.oauthbearer.client.credentials.client.secret", "clientSecret"),
		backoff: milliseconds(v, "kafka.sasl.login.retry.backoff.ms"), most: milliseconds(v, "kafka.sasl.login.retry.backoff.max.ms"),
	}
	if e.id == "" || e.secret == "" {
		return nil, errclass.InvalidOption.New("OAUTHBEARER needs the client's id and secret.").
			WithHint(`Give %s required clientId="…" clientSecret="…"; as option 'kafka.sasl.jaas.config'.`, oauthModule)
	}
	if v.Bool("kafka.sasl.oauthbearer.header.urlencode") {
		e.id, e.secret = url.QueryEscape(e.id), url.QueryEscape(e.secret)
	}
	e.body = "grant_type=client_credentials"
	if scope := either("kafka.sasl.oauthbearer.scope", "scope"); scope != "" {
		e.body += "&scope=" + url.QueryEscape(scope)
	}
	config, err := endpointTLS(l)
	if err != nil {
		return nil, err
	}
	connect := 30 * time.Second
	if v.Has("kafka.sasl.login.connect.timeout.ms") {
		connect = milliseconds(v, "kafka.sasl.login.connect.timeout.ms")
	}
	read := 30 * time.Second
	if v.Has("kafka.sasl.login.read.timeout.ms") {
		read = milliseconds(v, "kafka.sasl.login.read.timeout.ms")
	}
	e.client = &http.Client{
		Timeout:       connect + read,
		Transport:     &http.Transport{TLSClientConfig: config, DialContext: (&net.Dialer{Timeout: connect}).DialContext, TLSHandshakeTimeout: connect, ResponseHeaderTimeout: read, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the secret goes nowhere else
	}
	return e.fetch, nil
}

// endpointTLS is how the endpoint is reached: the options "ssl.…" of the login module say, and not the broker's.
func endpointTLS(l login) (*tls.Config, error) {
	own := map[string]string{}
	for name, value := range l.jaas {
		if strings.HasPrefix(name, "ssl.") {
			own["kafka."+name] = value
		}
	}
	values, err := clientOptions.Parse(own)
	if err != nil {
		return nil, fmt.Errorf("of option 'kafka.sasl.jaas.config': %w", err)
	}
	return tlsConfig(context.Background(), values, l.env.ReadFile)
}

// errFinal is within errors that no repetition helps against.
var errFinal = errors.New("it is not asked again")

// fetch asks until there is an answer, the patience is at its end, or the endpoint says that asking is no use.
func (e *tokenEndpoint) fetch(ctx context.Context) (token, error) {
	for waited, backoff := time.Duration(0), e.backoff; ; waited, backoff = waited+backoff, backoff*2 {
		t, err := e.ask(ctx)
		if err == nil || errors.Is(err, errFinal) || ctx.Err() != nil || waited >= e.most {
			if err != nil {
				err = fmt.Errorf("ask %s for a token: %w", e.at.Host, err)
			}
			return t, err
		}
		backoff = max(min(backoff, e.most-waited), time.Millisecond)
		if err := e.wait(ctx, backoff); err != nil {
			return token{}, err
		}
	}
}

func (e *tokenEndpoint) ask(ctx context.Context) (token, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.at.String(), strings.NewReader(e.body))
	if err != nil {
		return token{}, errFinal
	}
	req.SetBasicAuth(e.id, e.secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := e.client.Do(req)
	if err != nil {
		if detail, ok := errors.AsType[*url.Error](err); ok {
			err = detail.Err // without the URL, which may hold a key
		}
		return token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenBytes))
	if err != nil {
		return token{}, err
	}
	var answer struct {
		Token   string  `json:"access_token"`
		Other   string  `json:"id_token"`
		Expires float64 `json:"expires_in"`
		Error   string  `json:"error"`
	}
	broken := json.Unmarshal(text, &answer)
	switch {
	case resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated:
		if broken != nil || cmp.Or(answer.Token, answer.Other) == "" {
			return token{}, fmt.Errorf("the answer holds no access_token: %w", errFinal)
		}
		t, err := newToken(cmp.Or(answer.Token, answer.Other), answer.Expires, e.clock())
		if err != nil {
			err = fmt.Errorf("%w: %w", err, errFinal)
		}
		return t, err
	case !errorCode.MatchString(answer.Error):
		answer.Error = "no error code"
	}
	err = fmt.Errorf("it answers %s (%s)", http.StatusText(resp.StatusCode), answer.Error)
	if resp.StatusCode < 500 && resp.StatusCode != http.StatusRequestTimeout && resp.StatusCode != http.StatusTooManyRequests {
		err = fmt.Errorf("%w: %w", err, errFinal)
	}
	return token{}, err
}

// errorCode is what is told of an endpoint's refusal; the rest of it may repeat what it was sent.
var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)
