package kafka_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
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
	flows := []struct {
		name, option, value string
		fails               bool
	}{
		{"it runs", "kafka.sasl.jaas.config", login(canary), false},
		{"a wrong password", "kafka.sasl.jaas.config", login(canary + "!"), true},
		{"malformed", "kafka.sasl.jaas.config", "required password=" + canary, true},
		{"cut short", "kafka.sasl.jaas.config", strings.TrimSuffix(login(canary), `";`), true},
		{"a mistyped option", "kafka.sasl.jaas.confg", login(canary), true},
		{"an option that is not read", "kafka.ssl.keystore.password", canary, true},
		{"a key that is none", "kafka.ssl.keystore.key", canary, true},
	}
	for i, flow := range flows {
		t.Run(flow.name, func(t *testing.T) {
			err := relay(t, s, heard, servers, fmt.Sprint(i), flow.option, flow.value)
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
func relay(t *testing.T, s *medallion.Session, heard *told, servers, name, option, value string) error {
	secured := map[string]string{
		"kafka.bootstrap.servers": servers, "kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanism": "PLAIN",
		"kafka.default.api.timeout.ms": "1000", "kafka.retry.backoff.ms": "1", "kafka.retry.backoff.max.ms": "1", option: value,
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
