package kafka

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// issuer is a token endpoint. It answers with what is planned, and with tokens that live for an hour when that is at its end.
type issuer struct {
	*httptest.Server
	now func() time.Time

	mu      sync.Mutex
	planned []func(http.ResponseWriter)
	answer  func(http.ResponseWriter) // nil: a token that is not signed
	asked   []string                  // user:password body
}

func newIssuer(t *testing.T, now func() time.Time, planned ...func(http.ResponseWriter)) *issuer {
	i := &issuer{now: now, planned: planned}
	i.Server = httptest.NewUnstartedServer(i)
	i.Config.ErrorLog = log.New(io.Discard, "", 0)
	i.StartTLS()
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	body, _ := io.ReadAll(r.Body)
	i.asked = append(i.asked, id+":"+secret+" "+string(body))
	if len(i.planned) > 0 {
		answer := i.planned[0]
		i.planned = i.planned[1:]
		answer(w)
		return
	}
	if i.answer != nil {
		i.answer(w)
		return
	}
	fmt.Fprintf(w, `{"access_token": %q, "token_type": "bearer"}`, newJWT(i.now().Add(time.Hour)))
}

func (i *issuer) requests() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.asked)
}

func (i *issuer) certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate().Raw})
}

func newJWT(expires time.Time) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"none"}`) + "." + part(fmt.Sprintf(`{"sub":"alice","exp":%d}`, expires.Unix())) + "." + part("signed")
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code); fmt.Fprint(w, body) }
}

// bearerOptions are those of a client of an issuer.
func bearerOptions(t *testing.T, b *bench, at string, certificate []byte, jaas string, more ...string) []string {
	t.Helper()
	if err := b.store.Put(t.Context(), "issuer.pem", certificate); err != nil {
		t.Fatal(err)
	}
	return append([]string{
		"kafka.security.protocol", "SASL_PLAINTEXT", "kafka.sasl.mechanism", "OAUTHBEARER", "kafka.sasl.oauthbearer.token.endpoint.url", at,
		"kafka.sasl.login.callback.handler.class", bearerHandlers[1], "kafka.sasl.login.retry.backoff.ms", "1", "kafka.sasl.login.retry.backoff.max.ms", "3",
		"kafka.sasl.jaas.config", "kafkashaded." + oauthModule + " required " + jaas + ` ssl.truststore.location="issuer.pem" ssl.truststore.type=PEM;`,
	}, more...)
}

// newBearerBench is a cluster that takes any token of OAUTHBEARER and notes what it was shown.
func newBearerBench(t *testing.T) (b *bench, shown func() []string) {
	b = newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "x")
	var mu sync.Mutex
	var seen []string
	b.cluster.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.SupportedMechanisms = []string{"OAUTHBEARER"}
		if req.(*kmsg.SASLHandshakeRequest).Mechanism != "OAUTHBEARER" {
			resp.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return resp, nil, true
	})
	b.cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, string(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes))
		return req.ResponseKind(), nil, true
	})
	return b, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// A token is got for the client's credentials, shown to brokers with its extensions, and kept.
func TestBearerTokens(t *testing.T) {
	b, shown := newBearerBench(t)
	i := newIssuer(t, func() time.Time { return b.now }, status(503, "later"))
	rows, err := b.batchRows(append([]string{"subscribe", "t"}, bearerOptions(t, b, i.URL, i.certificate(), `clientId="al:ice" clientSecret="se cret" scope="read write" extension_logicalCluster="lkc-1"`)...)...)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", rows, []string{"0@0 x"})
	equal(t, "requests", i.requests(), slices.Repeat([]string{"al:ice:se cret grant_type=client_credentials&scope=read+write"}, 2))
	want := "n,,\x01auth=Bearer " + newJWT(b.now.Add(time.Hour)) + "\x01logicalCluster=lkc-1\x01\x01"
	for _, text := range shown() {
		equalText(t, "shown to a broker", text, want)
	}
	if len(shown()) == 0 {
		t.Error("no broker was shown anything")
	}
}

// newTestBearer is the mechanism that options describe.
func newTestBearer(t *testing.T, b *bench, options []string) (*bearer, error) {
	t.Helper()
	values, err := SourceOptionTable.Parse(b.options(append([]string{"subscribe", "t"}, options...)...))
	if err != nil {
		return nil, err
	}
	_, jaas, err := parseJaas(values.String("kafka.sasl.jaas.config"))
	if err != nil {
		return nil, err
	}
	return bearerOf(login{values: values, jaas: jaas, env: b.env()})
}

// A token is asked for anew when four fifths of its life have passed, however its end is known, and each time when it is not.
func TestTokensAreKept(t *testing.T) {
	tests := []struct {
		name   string
		answer string // %s: a JWT of an hour
		passes time.Duration
		asked  int
	}{
		{"a JWT", `{"access_token": "%s"}`, 47 * time.Minute, 1},
		{"an old JWT", `{"access_token": "%s"}`, 49 * time.Minute, 2},
		{"an id token", `{"id_token": "%s"}`, 47 * time.Minute, 1},
		{"no JWT", `{"access_token": "opaque", "expires_in": 100}`, 79 * time.Second, 1},
		{"an old one that is no JWT", `{"access_token": "opaque", "expires_in": 100}`, 81 * time.Second, 2},
		{"nobody knows", `{"access_token": "opaque"}`, 0, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := &bench{T: t, servers: "localhost:9092", store: emptyStore(), now: time.UnixMilli(1_700_000_000_000)}
			text := strings.ReplaceAll(test.answer, "%s", newJWT(b.now.Add(time.Hour)))
			i := newIssuer(t, func() time.Time { return b.now }, status(200, text), status(201, text))
			m, err := newTestBearer(t, b, bearerOptions(t, b, i.URL, i.certificate(), `clientId="alice" clientSecret="secret"`))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := m.authenticate(t.Context()); err != nil {
					t.Fatal(err)
				}
				b.advance(test.passes)
			}
			if n := len(i.requests()); n != test.asked {
				t.Errorf("the endpoint was asked %d times, want %d", n, test.asked)
			}
		})
	}
}

// What a token endpoint says may be wrong; it is told without what it was sent, and asked again where that may help.
func TestTokenEndpointsThatFail(t *testing.T) {
	const secret = "s3cret"
	tests := []struct {
		name   string
		answer func(http.ResponseWriter)
		asked  int
		text   string
	}{
		{"unauthorized", status(401, `{"error": "invalid_client", "error_description": "`+secret+` is wrong"}`), 1, "it answers Unauthorized (invalid_client): it is not asked again"},
		{"no JSON", status(400, "no "+secret), 1, "it answers Bad Request (no error code)"},
		{"no code", status(400, `{"error": "`+secret+`"}`), 1, "it answers Bad Request (no error code)"},
		{"away", status(503, ""), 3, "it answers Service Unavailable"},
		{"too many requests", status(429, ""), 3, "it answers Too Many Requests"},
		{"elsewhere", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/other")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, 1, "it answers Temporary Redirect"},
		{"no token", status(200, `{"token": "`+secret+`"}`), 1, "the answer holds no access_token"},
		{"empty", status(200, ""), 1, "the answer holds no access_token"},
		{"no word", status(200, `{"access_token": "`+secret+` \u0001"}`), 1, "what was given as a token is none"},
		{"expired", status(200, `{"access_token": "`+newJWT(time.UnixMilli(1_600_000_000_000))+`"}`), 1, "the token has expired"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := &bench{T: t, servers: "localhost:9092", store: emptyStore(), now: time.UnixMilli(1_700_000_000_000)}
			i := newIssuer(t, func() time.Time { return b.now }, slices.Repeat([]func(http.ResponseWriter){test.answer}, 10)...)
			m, err := newTestBearer(t, b, bearerOptions(t, b, i.URL+"/?key="+secret, i.certificate(), `clientId="alice" clientSecret="`+secret+`"`))
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.authenticate(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v, want an error with %q", err, test.text)
			}
			if n := len(i.requests()); n != test.asked {
				t.Errorf("the endpoint was asked %d times, want %d", n, test.asked)
			}
		})
	}
	t.Run("nobody is there", func(t *testing.T) {
		b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
		i := newIssuer(t, time.Now)
		i.Close()
		m, err := newTestBearer(t, b, bearerOptions(t, b, i.URL+"/?key="+secret, i.certificate(), `clientId="alice" clientSecret="`+secret+`"`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.authenticate(t.Context()); err == nil || !strings.Contains(err.Error(), "for a token") || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("it is not trusted", func(t *testing.T) {
		b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
		i, other := newIssuer(t, time.Now), newIdentity(t, "other", "elsewhere")
		m, err := newTestBearer(t, b, bearerOptions(t, b, i.URL, []byte(other.certificate), `clientId="alice" clientSecret="secret"`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.authenticate(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") || len(i.requests()) > 0 {
			t.Errorf("got %v after %q", err, i.requests())
		}
	})
}

// The keys of Kafka 4 say what the login module may say, and win; a file may hold the token; id and secret may be encoded.
func TestOtherWaysToAToken(t *testing.T) {
	b := &bench{T: t, servers: "localhost:9092", store: emptyStore(), now: time.UnixMilli(1_700_000_000_000)}
	i := newIssuer(t, func() time.Time { return b.now })
	m, err := newTestBearer(t, b, bearerOptions(t, b, i.URL, i.certificate(), `clientId="alice" clientSecret="secret" scope="x"`,
		"kafka.sasl.oauthbearer.client.credentials.client.id", "bob/1", "kafka.sasl.oauthbearer.client.credentials.client.secret", "p%ss",
		"kafka.sasl.oauthbearer.scope", "y", "kafka.sasl.oauthbearer.header.urlencode", "true"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", i.requests(), []string{"bob%2F1:p%25ss grant_type=client_credentials&scope=y"})

	if err := b.store.Put(t.Context(), "token.txt", []byte("from-a-file\n")); err != nil {
		t.Fatal(err)
	}
	m, err = newTestBearer(t, b, bearerOptions(t, b, "file:///token.txt", nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	auth, err := m.authenticate(t.Context())
	if err != nil || auth.Token != "from-a-file" {
		t.Errorf("got %q, %v", auth.Token, err)
	}
}

// Options of OAUTHBEARER that are missing, malformed or of another mechanism are refused.
func TestMistakesOfBearers(t *testing.T) {
	const jaas = oauthModule + ` required clientId="alice" clientSecret="s3cret"`
	const url = "kafka.sasl.oauthbearer.token.endpoint.url"
	tests := []struct {
		options []string
		text    string
	}{
		{[]string{"kafka.sasl.jaas.config", jaas + ";"}, "Option 'kafka.sasl.oauthbearer.token.endpoint.url' must be specified"},
		{[]string{"kafka.sasl.jaas.config", oauthModule + ` required unsecuredLoginStringClaim_sub="alice";`}, "Tokens without a signature are not made"},
		{[]string{"kafka.sasl.jaas.config", jaas + ";", url, "s3cret"}, "is no URL"},
		{[]string{"kafka.sasl.jaas.config", jaas + ";", url, "ftp://x/y"}, "must be a URL of https, http or file"},
		{[]string{"kafka.sasl.jaas.config", oauthModule + ` required clientId="alice";`, url, "https://x/y"}, "needs the client's id and secret"},
		{[]string{"kafka.sasl.jaas.config", jaas + ` extension_auth="x";`, url, "https://x/y"}, "'extension_auth' of 'kafka.sasl.jaas.config'"},
		{[]string{"kafka.sasl.jaas.config", jaas + ` ssl.truststore.locaton="x";`, url, "https://x/y"}, "unknown option 'kafka.ssl.truststore.locaton'"},
		{[]string{"kafka.sasl.jaas.config", jaas + ";", url, "https://x/y", "kafka.sasl.login.callback.handler.class", "com.example.Handler"}, "Java classes cannot be loaded"},
		{[]string{"kafka.sasl.jaas.config", jaas + ";", url, "https://x/y", "kafka.sasl.kerberos.service.name", "kafka"}, "option 'kafka.sasl.kerberos.service.name' has no effect with 'kafka.sasl.mechanism' OAUTHBEARER. It is of GSSAPI."},
		{[]string{"kafka.sasl.jaas.config", jaas + ";", url, "https://x/y", "kafka.sasl.oauthbearer.assertion.algorithm", "RS256"}, "not for assertions"},
		{[]string{url, "https://x/y"}, "Option 'kafka.sasl.jaas.config' must be specified"},
	}
	b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
	for _, test := range tests {
		_, err := ParseReadOptions(t.Context(), b.options(append([]string{"subscribe", "t", "kafka.security.protocol", "SASL_SSL", "kafka.sasl.mechanism", "OAUTHBEARER"}, test.options...)...), true, b.env())
		if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v\nwant %s", test.options, err, test.text)
		}
	}
}
