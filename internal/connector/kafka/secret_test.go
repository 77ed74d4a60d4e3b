package kafka_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"lakehouse/medallion"
)

// canary is a password that must be found nowhere.
const canary = "c4n4ry/S3cret+word"

// told is what a session logs and reports, and what its errors say.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func stored(name string) string {
	at, err := filepath.Abs(filepath.Join("testdata", "stores", name))
	if err != nil {
		panic(err)
	}
	return "file:" + at
}

func (t *told) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

// mentions reports whether a text holds the canary as it is, escaped as in a URL, or in base 64.
func mentions(text []byte) bool {
	for _, form := range []string{canary, url.QueryEscape(canary), url.PathEscape(canary), base64.StdEncoding.EncodeToString([]byte(canary))} {
		if bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}

func newSecretCluster(t *testing.T) (servers string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", canary))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	servers = strings.Join(cluster.ListenAddrs(), ",")
	client, err := kgo.NewClient(kgo.SeedBrokers(servers), kgo.DefaultProduceTopic("in"), kgo.SASL(plain.Auth{User: "alice", Pass: canary}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), kgo.StringRecord("x"), kgo.StringRecord("y")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return servers
}

// A password that is given to a source and a sink is in no file, no log, no plan, no progress and no error, whether the query
// runs, fails, or does not start because the option is mistyped or malformed.
func TestNoSecretIsWrittenOrTold(t *testing.T) {
	servers, root, heard := newSecretCluster(t), t.TempDir(), &told{}
	s, err := medallion.NewSession(medallion.Options{
		Root: root, Out: heard, Log: slog.New(slog.NewTextHandler(heard, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnProgress: func(p medallion.StreamingQueryProgress) { fmt.Fprintln(heard, p.JSON()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	login := func(password string) string {
		return `org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="` + password + `";`
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, secret, _ := r.BasicAuth()
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error": %q, "error_description": "%s %s"}`, secret, r.Header.Get("Authorization"), body)
	}))
	t.Cleanup(issuer.Close)
	bearer := []string{"kafka.sasl.mechanism", "OAUTHBEARER", "kafka.sasl.oauthbearer.token.endpoint.url", issuer.URL + "/token?code=" + url.QueryEscape(canary)}
	const bearerModule = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
	stores := []string{"kafka.security.protocol", "SASL_SSL", "kafka.sasl.jaas.config", login(canary)}
	flows := []struct {
		name, option, value string
		fails               bool
		more                []string
	}{
		{"it runs", "kafka.sasl.jaas.config", login(canary), false, nil},
		{"a wrong password", "kafka.sasl.jaas.config", login(canary + "!"), true, nil},
		{"malformed", "kafka.sasl.jaas.config", "required password=" + canary, true, nil},
		{"cut short", "kafka.sasl.jaas.config", strings.TrimSuffix(login(canary), `";`), true, nil},
		{"a mistyped option", "kafka.sasl.jaas.confg", login(canary), true, nil},
		{"an option that is not read", "kafka.ssl.keystore.password", canary, true, nil},
		{"a key that is none", "kafka.ssl.keystore.key", canary, true, nil},
		{"an endpoint that repeats what it hears", "kafka.sasl.jaas.config", bearerModule + `clientId="alice" clientSecret="` + canary + `";`, true, bearer},
		{"a client's secret by Kafka 4's name", "kafka.sasl.oauthbearer.client.credentials.client.secret", canary, true, append([]string{"kafka.sasl.oauthbearer.client.credentials.client.id", "alice"}, bearer...)},
		{"a URL that is none", "kafka.sasl.oauthbearer.token.endpoint.url", ":" + canary, true, append([]string{"kafka.sasl.jaas.config", bearerModule + ";"}, bearer[:2]...)},
		{"a trust store that another password opens", "kafka.ssl.truststore.password", canary, true, append([]string{"kafka.ssl.truststore.location", stored("trust.jks")}, stores...)},
		{"a PKCS12 store that another password opens", "kafka.ssl.keystore.password", canary, true, append([]string{"kafka.ssl.keystore.location", stored("client.p12")}, stores...)},
		{"a key that another password opens", "kafka.ssl.key.password", canary, true, append([]string{"kafka.ssl.keystore.location", stored("client.jks"), "kafka.ssl.keystore.password", "store-pass"}, stores...)},
		{"a store without its password's use", "kafka.ssl.truststore.password", canary, true, stores},
		{"Kerberos without a keytab", "kafka.sasl.jaas.config", `com.sun.security.auth.module.Krb5LoginModule required principal="alice" password="` + canary + `";`, true, []string{"kafka.sasl.mechanism", "GSSAPI", "kafka.sasl.kerberos.service.name", "kafka"}},
	}
	for i, flow := range flows {
		t.Run(flow.name, func(t *testing.T) {
			err := relay(t, s, heard, servers, fmt.Sprint(i), append(slices.Clone(flow.more), flow.option, flow.value))
			if (err != nil) != flow.fails {
				t.Errorf("the query ended with %v", err)
			}
			fmt.Fprintf(heard, "%v\n%+v\n", err, err)
			if mentions(heard.text.Bytes()) {
				t.Errorf("the password is told:\n%s", heard.text.Bytes())
			}
		})
	}
	holdsNoSecret(t, root)
}

// relay reads a topic into a table and into another topic.
func relay(t *testing.T, s *medallion.Session, heard *told, servers, name string, options []string) error {
	secured := map[string]string{
		"kafka.bootstrap.servers": servers, "kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanism": "PLAIN",
		"kafka.default.api.timeout.ms": "1000", "kafka.retry.backoff.ms": "1", "kafka.retry.backoff.max.ms": "1",
		"kafka.sasl.jaas.config": "", "kafka.sasl.login.retry.backoff.max.ms": "1",
	}
	for i := 0; i < len(options); i += 2 {
		secured[options[i]] = options[i+1]
	}
	for _, name := range []string{"kafka.sasl.jaas.config", "kafka.sasl.login.retry.backoff.max.ms"} {
		if secured[name] == "" || (strings.Contains(name, "login") && secured["kafka.sasl.mechanism"] != "OAUTHBEARER") {
			delete(secured, name)
		}
	}
	reader := s.ReadStream().Format("kafka").Option("subscribe", "in").Option("startingOffsets", "earliest").Option("fetchOffset.numRetries", "1")
	for k, v := range secured {
		reader = reader.Option(k, v)
	}
	df, err := reader.Load(t.Context())
	if err != nil {
		return err
	}
	plan, err := df.Explain(t.Context())
	if err != nil {
		return err
	}
	fmt.Fprintln(heard, plan)
	if err := df.CreateOrReplaceTempView(t.Context(), "topic_"+name); err != nil {
		return err
	}
	writer := df.WriteStream().Format("kafka").Option("topic", "out")
	for k, v := range secured {
		writer = writer.Option(k, v)
	}
	for i, w := range []medallion.DataStreamWriter{df.WriteStream().Option("path", "dbfs:/table"+name), writer} {
		q, err := w.Option("checkpointLocation", fmt.Sprintf("dbfs:/checkpoint%s_%d", name, i)).Trigger(medallion.AvailableNow()).Start(t.Context())
		if err != nil {
			return err
		}
		fmt.Fprintln(heard, q.Explain(), q.Status())
		if _, err := q.AwaitTermination(t.Context()); err != nil {
			return err
		}
	}
	return nil
}

func holdsNoSecret(t *testing.T, root string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if mentions(text) || mentions([]byte(name)) {
			t.Errorf("the password is in %s", name)
		}
		files++
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}
