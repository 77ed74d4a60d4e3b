package kafka

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// apacheKafka is a broker of Apache Kafka, started by a test, with a listener for each kind of security.
type apacheKafka struct {
	dir                       string
	plain, mutual, login, krb string // host:port
	krb5Conf, keytab          string // empty: there is no KDC
	keys                      *rsa.PrivateKey
	process                   *exec.Cmd
}

// startApacheKafka starts a broker out of the jars in the folder that KAFKA_TEST_LIBS names; with a KDC, if KAFKA_TEST_KDC_LIBS
// names Apache Kerby's.
func startApacheKafka(t *testing.T) *apacheKafka {
	t.Helper()
	libs := os.Getenv("KAFKA_TEST_LIBS")
	if libs == "" {
		t.Skip("KAFKA_TEST_LIBS is not set: `make kafka` fetches Apache Kafka and runs this")
	}
	k := &apacheKafka{dir: t.TempDir()}
	ports := freePorts(t, 6)
	host := func(i int) string { return fmt.Sprintf("localhost:%d", ports[i]) }
	k.plain, k.mutual, k.login, k.krb = host(0), host(1), host(2), host(3)
	var err error
	if k.keys, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	k.startKDC(t, ports[5])
	k.write(t, "jwks.json", k.keySet())
	k.write(t, "server.properties", k.properties(t, host(4)))
	java := k.java("-cp", filepath.Join(libs, "*"))
	format := append(java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", k.file("server.properties"), "--add-scram", "SCRAM-SHA-512=[name=alice,password=secret]")
	if text, err := exec.CommandContext(t.Context(), "java", format...).CombinedOutput(); err != nil {
		t.Fatalf("format: %v\n%s", err, text)
	}
	k.start(t)
	return k
}

func (k *apacheKafka) file(name string) string { return filepath.Join(k.dir, name) }

func (k *apacheKafka) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(k.file(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// java is the arguments of a JVM that is small and knows where Kerberos is.
func (k *apacheKafka) java(more ...string) []string {
	args := []string{"-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file:" + k.file("jwks.json")}
	if k.krb5Conf != "" {
		args = append(args, "-Djava.security.krb5.conf="+k.krb5Conf)
	}
	return append(args, more...)
}

func (k *apacheKafka) startKDC(t *testing.T, port int) {
	t.Helper()
	libs := os.Getenv("KAFKA_TEST_KDC_LIBS")
	if libs == "" {
		return
	}
	kdc := exec.Command("java", "-Xmx128m", "-cp", filepath.Join(libs, "*"), filepath.Join("testdata", "Kdc.java"), k.dir, fmt.Sprint(port))
	in, err := kdc.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := kdc.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := kdc.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = kdc.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			k.krb5Conf, k.keytab = k.file("krb5.conf"), k.file("alice.keytab")
			return
		}
	}
	t.Fatal("the KDC did not start")
}

func (k *apacheKafka) properties(t *testing.T, controller string) string {
	t.Helper()
	stores, err := filepath.Abs(filepath.Join("testdata", "stores"))
	if err != nil {
		t.Fatal(err)
	}
	tls := func(listener string) string {
		return strings.ReplaceAll(`
listener.name.L.ssl.keystore.location=`+stores+`/client.p12
listener.name.L.ssl.keystore.type=PKCS12
listener.name.L.ssl.keystore.password=store-pass
listener.name.L.ssl.key.password=store-pass
listener.name.L.ssl.truststore.location=`+stores+`/trust.jks
listener.name.L.ssl.truststore.password=store-pass`, ".L.", "."+listener+".")
	}
	listeners := "PLAINTEXT://" + k.plain + ",TLS://" + k.mutual + ",LOGIN://" + k.login
	text := ""
	if k.krb5Conf != "" {
		listeners += ",KRB://" + k.krb
		text = `
listener.name.krb.sasl.enabled.mechanisms=GSSAPI
listener.name.krb.sasl.kerberos.service.name=kafka
listener.name.krb.gssapi.sasl.jaas.config=` + krb5Module + ` required useKeyTab=true storeKey=true keyTab="` + k.file("kafka_localhost.keytab") + `" principal="kafka/localhost@EXAMPLE.COM";`
	}
	return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@` + controller + `
controller.listener.names=CONTROLLER
listeners=` + listeners + `,CONTROLLER://` + controller + `
advertised.listeners=` + listeners + `
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,LOGIN:SASL_SSL,KRB:SASL_PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=` + k.file("data") + `
num.partitions=2
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=1000
log.cleaner.backoff.ms=200
listener.name.tls.ssl.client.auth=required
listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER
listener.name.login.plain.sasl.jaas.config=` + plainModule + ` required user_alice="secret";
listener.name.login.scram-sha-512.sasl.jaas.config=` + scramModule + ` required;
listener.name.login.oauthbearer.sasl.jaas.config=` + oauthModule + ` required;
listener.name.login.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.login.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=file:` + k.file("jwks.json") + `
listener.name.login.oauthbearer.sasl.oauthbearer.expected.audience=kafka` + tls("tls") + tls("login") + text + "\n"
}

// start runs the broker until the test ends, or until it is killed.
func (k *apacheKafka) start(t *testing.T) {
	t.Helper()
	if err := k.launch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.kill)
	k.await(t)
}

func (k *apacheKafka) launch() error {
	log, err := os.OpenFile(k.file("broker.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has it
	k.process = exec.Command("java", append(k.java("-cp", filepath.Join(os.Getenv("KAFKA_TEST_LIBS"), "*")), "kafka.Kafka", k.file("server.properties"))...)
	k.process.Stdout, k.process.Stderr = log, log
	return k.process.Start()
}

// await returns when the broker answers.
func (k *apacheKafka) await(t *testing.T) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(k.plain))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		err := client.Ping(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(k.file("broker.log"))
			t.Fatalf("the broker does not answer: %v\n%s", err, text)
		}
	}
}

// kill is kill -9.
func (k *apacheKafka) kill() {
	_ = k.process.Process.Kill()
	_ = k.process.Wait()
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func base64URL(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// keySet is what brokers check tokens by.
func (k *apacheKafka) keySet() string {
	return fmt.Sprintf(`{"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": %q, "e": %q}]}`,
		base64URL(k.keys.N.Bytes()), base64URL(big.NewInt(int64(k.keys.E)).Bytes()))
}

// token is signed, and lives as long as is said.
func (k *apacheKafka) token(t *testing.T, life time.Duration) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"sub": "alice", "aud": "kafka", "scope": "all", "iat": time.Now().Add(-time.Second).Unix(), "exp": time.Now().Add(life).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	text := base64URL([]byte(`{"alg":"RS256","kid":"one","typ":"JWT"}`)) + "." + base64URL(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.keys, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64URL(signature)
}

// bench is a bench on the broker, and a topic of its own.
func (k *apacheKafka) bench(t *testing.T, topic string, partitions int32, configs ...string) *bench {
	t.Helper()
	b := &bench{T: t, servers: k.plain, store: emptyStore(), now: time.Now()}
	b.client = b.newClient()
	create := kmsg.NewCreateTopicsRequestTopic()
	create.Topic, create.NumPartitions, create.ReplicationFactor = topic, partitions, 1
	for i := 0; i < len(configs); i += 2 {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = configs[i], &configs[i+1]
		create.Configs = append(create.Configs, c)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Topics = append(req.Topics, create)
	resp, err := req.RequestWith(t.Context(), b.client)
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Rows are read from Apache Kafka and written to it over each kind of connection, and not by those who may not.
func TestSecurityOfApacheKafka(t *testing.T) {
	k := startApacheKafka(t)
	b := k.bench(t, "t", 1)
	for _, name := range []string{"trust.jks", "trust.p12", "client.jks", "client.p12", "p12.pem"} {
		if err := b.store.Put(t.Context(), name, storeFile(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	life := time.Hour
	i := newIssuer(t, time.Now)
	i.planned = nil
	i.answer = func(w http.ResponseWriter) { fmt.Fprintf(w, `{"access_token": %q}`, k.token(t, life)) }
	trusted := []string{"kafka.ssl.truststore.location", "trust.jks", "kafka.ssl.truststore.password", "store-pass"}
	mutual := func(store, password, key string) []string {
		return append([]string{"kafka.bootstrap.servers", k.mutual, "kafka.security.protocol", "SSL", "kafka.ssl.keystore.location", store, "kafka.ssl.keystore.password", password, "kafka.ssl.key.password", key}, trusted...)
	}
	login := func(mechanism, module, options string) []string {
		return append([]string{"kafka.bootstrap.servers", k.login, "kafka.security.protocol", "SASL_SSL", "kafka.sasl.mechanism", mechanism, "kafka.sasl.jaas.config", module + " required " + options + ";"}, trusted...)
	}
	bearer := append([]string{"kafka.bootstrap.servers", k.login}, append(bearerOptions(t, b, i.URL, i.certificate(), `clientId="alice" clientSecret="secret"`), append(trusted, "kafka.security.protocol", "SASL_SSL")...)...)
	kerberos := func(principal string) []string {
		return []string{"kafka.bootstrap.servers", k.krb, "kafka.security.protocol", "SASL_PLAINTEXT", "kafka.sasl.kerberos.service.name", "kafka", "kafka.sasl.jaas.config", krb5Module + ` required useKeyTab=true storeKey=true keyTab="alice.keytab" principal="` + principal + `";`}
	}
	tests := []struct {
		name    string
		options []string
		refused bool
	}{
		{"JKS on both sides", mutual("client.jks", "store-pass", "key-pass"), false},
		{"PKCS12", mutual("client.p12", "store-pass", "store-pass"), false},
		{"no certificate to show", append([]string{"kafka.bootstrap.servers", k.mutual, "kafka.security.protocol", "SSL"}, trusted...), true},
		{"PLAIN", login("PLAIN", plainModule, `username="alice" password="secret"`), false},
		{"PLAIN, a wrong password", login("PLAIN", plainModule, `username="alice" password="guess-1"`), true},
		{"SCRAM", login("SCRAM-SHA-512", scramModule, `username="alice" password="secret"`), false},
		{"SCRAM, a wrong password", login("SCRAM-SHA-512", scramModule, `username="alice" password="guess-1"`), true},
		{"OAUTHBEARER", bearer, false},
		{"GSSAPI", kerberos("alice"), false},
		{"GSSAPI, a service that is not there", append(kerberos("alice"), "kafka.sasl.kerberos.service.name", "guess"), true},
	}
	written := 0
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if strings.Contains(test.name, "GSSAPI") {
				if k.krb5Conf == "" {
					t.Skip("KAFKA_TEST_KDC_LIBS is not set: no KDC")
				}
				for name, at := range map[string]string{"krb5.conf": k.krb5Conf, "alice.keytab": k.keytab} {
					data, err := os.ReadFile(at)
					if err == nil {
						err = b.store.Put(t.Context(), name, data)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				b.krb5Conf = "krb5.conf"
			}
			quick := []string{"kafka.default.api.timeout.ms", "5000", "kafka.retry.backoff.ms", "50", "kafka.retry.backoff.max.ms", "50", "kafka.delivery.timeout.ms", "5000"}
			s := b.sink(append(append([]string{"topic", "t"}, quick...), test.options...)...)
			defer s.Close()
			_, err := s.Write(t.Context(), 0, newFrame(t, "value STRING", fmt.Sprintf(`[{"value": "row %d"}]`, written)))
			if test.refused {
				if err == nil || strings.Contains(err.Error(), "guess-1") {
					t.Errorf("got %v, want a refusal", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			written++
			rows, err := b.batchRows(append([]string{"subscribe", "t"}, append(quick[:6:6], test.options...)...)...)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != written || !strings.HasSuffix(rows[written-1], fmt.Sprintf("row %d", written-1)) {
				t.Errorf("rows %q, want %d", rows, written)
			}
		})
	}
	t.Run("OAUTHBEARER, a token that ends while a query runs", func(t *testing.T) {
		life, b.now = 10*time.Second, time.Now()
		asked := len(i.requests())
		s := b.open(append([]string{"subscribe", "t", "startingOffsets", "latest"}, bearer...)...)
		_, at := b.step(s, nil)
		for range 4 {
			time.Sleep(3 * time.Second) // the broker closes connections whose token has ended
			b.advance(3 * time.Second)
			b.produce("t", 0, "later")
			var rows []string
			if rows, at = b.step(s, at); len(rows) != 1 || !strings.HasSuffix(rows[0], "later") {
				t.Errorf("rows %q", rows)
			}
		}
		if n := len(i.requests()) - asked; n < 2 {
			t.Errorf("%d tokens were asked for in 12 s, each lives for 10 s", n)
		}
	})
	if log, err := os.ReadFile(k.file("broker.log")); err != nil || bytes.Contains(log, []byte("guess-1")) {
		t.Errorf("the broker's log: %v", err)
	}
}
