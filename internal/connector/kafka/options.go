package kafka

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// SourceOptionTable lists the options of the source, batch and stream. Those of "kafka." are the Kafka client's.
var SourceOptionTable = append(append(option.Table{
	{Name: "subscribe", Doc: "The topics to read, with commas between them. One of subscribe, subscribePattern and assign must be given."},
	{Name: "subscribePattern", Doc: "A regular expression: topics in whose names it is found are read, those that are made later too."},
	{Name: "assign", Doc: `The partitions to read: {"topicA":[0,1],"topicB":[2]}.`},
	{Name: "startingOffsets", Doc: `Where reading begins: earliest (the default of a batch read), latest (that of a stream), or an offset for each partition: {"topicA":{"0":23,"1":-1}}, where -2 is the earliest and -1 the latest. A stream that goes on does not look at it.`},
	{Name: "startingOffsetsByTimestamp", Doc: `Where reading begins: the first record of each partition at or after a time in milliseconds: {"topicA":{"0":1700000000000}}.`},
	{Name: "startingTimestamp", Doc: "Where reading begins: the first record of all partitions at or after a time in milliseconds since the epoch."},
	{Name: "startingOffsetsByTimestampStrategy", Kind: option.Enum, Values: []string{"error", "latest"}, Default: "error", Doc: "What holds for a partition without a record at or after the starting time: an error, or its end."},
	{Name: "endingOffsets", Doc: "Where a batch read ends: latest, or an offset for each partition, where -1 is the latest. Default: latest."},
	{Name: "endingOffsetsByTimestamp", Doc: "Where a batch read ends: before the first record of each partition at or after a time in milliseconds."},
	{Name: "endingTimestamp", Doc: "Where a batch read ends: before the first record at or after a time in milliseconds since the epoch."},
	{Name: "failOnDataLoss", Kind: option.Bool, Default: "true", Doc: "Whether the query fails when Kafka no longer has records that it should read; else it logs a warning and goes on."},
	{Name: "includeHeaders", Kind: option.Bool, Default: "false", Doc: "Whether there is a column headers."},
	{Name: "minPartitions", Kind: option.Positive, Doc: "About how many ranges a batch is read in at the least; by default one for each core, where there are records enough."},
	{Name: "maxRecordsPerPartition", Kind: option.Positive, Doc: "How many records one range has at the most."},
	{Name: "maxOffsetsPerTrigger", Kind: option.Positive, Doc: "How many records a batch of a stream takes, shared among the partitions by what they have."},
	{Name: "minOffsetsPerTrigger", Kind: option.Positive, Doc: "A batch of a stream waits for so many records."},
	{Name: "maxTriggerDelay", Kind: option.Duration, Default: "15m", Doc: "How long a batch waits for minOffsetsPerTrigger."},
	{Name: "groupIdPrefix", Doc: "The beginning of the consumer group's name in messages; no group is joined."},
	{Name: "fetchOffset.numRetries", Kind: option.Positive, Default: "3", Doc: "How often the cluster is asked for offsets before the query fails."},
	{Name: "fetchOffset.retryIntervalMs", Kind: option.Count, Default: "1000", Doc: "The milliseconds between two such attempts."},
	{Name: "kafkaConsumer.pollTimeoutMs", Kind: option.Positive, Default: "120000", Doc: "After how many milliseconds without a record where there must be one the query fails."},
}, clientOptions...), consumerOptions...)

// SinkOptionTable lists the options of the sink, batch and stream.
var SinkOptionTable = append(append(option.Table{
	{Name: "topic", Doc: "The topic to write to. Without it, each row names its own in a column topic."},
	{Name: "includeHeaders", Kind: option.Bool, Default: "false", Doc: "It has no effect, in Spark neither: a column headers is written where there is one."},
}, clientOptions...), producerOptions...)

// clientOptions are those of every Kafka client.
var clientOptions = option.Table{
	{Name: "kafka.bootstrap.servers", Doc: "host:port of some brokers, with commas between them. It must be given."},
	{Name: "kafka.client.id", Doc: "The name by which brokers know the client."},
	{Name: "kafka.connections.max.idle.ms", Kind: option.Positive, Doc: "When an idle connection is closed."},
	{Name: "kafka.default.api.timeout.ms", Kind: option.Positive, Doc: "How long a request is tried again for."},
	{Name: "kafka.metadata.max.age.ms", Kind: option.Positive, Doc: "How long what is known of topics and leaders is believed."},
	{Name: "kafka.receive.buffer.bytes", Kind: option.Positive, Doc: "The size of the socket's receive buffer."},
	{Name: "kafka.request.timeout.ms", Kind: option.Positive, Doc: "How long a broker may take to answer."},
	{Name: "kafka.retry.backoff.ms", Kind: option.Count, Doc: "The pause before a request is tried again."},
	{Name: "kafka.retry.backoff.max.ms", Kind: option.Count, Doc: "The longest pause, where it doubles with each attempt."},
	{Name: "kafka.sasl.jaas.config", Doc: `Who logs in: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…"; or …scram.ScramLoginModule, …oauthbearer.OAuthBearerLoginModule, com.sun.security.auth.module.Krb5LoginModule.`},
	{Name: "kafka.sasl.kerberos.service.name", Doc: "The name that brokers have in Kerberos, mostly kafka. GSSAPI needs it, or serviceName of the login module."},
	{Name: "kafka.sasl.login.callback.handler.class", Doc: "OAUTHBEARER: org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler, which is what is done without it, too."},
	{Name: "kafka.sasl.login.connect.timeout.ms", Kind: option.Positive, Doc: "OAUTHBEARER: how long connecting to the token endpoint may take."},
	{Name: "kafka.sasl.login.read.timeout.ms", Kind: option.Positive, Doc: "OAUTHBEARER: how long the token endpoint may take to answer."},
	{Name: "kafka.sasl.login.retry.backoff.ms", Kind: option.Count, Default: "100", Doc: "OAUTHBEARER: the first pause before the token endpoint is asked again; it doubles."},
	{Name: "kafka.sasl.login.retry.backoff.max.ms", Kind: option.Count, Default: "10000", Doc: "OAUTHBEARER: for how long the token endpoint is asked again."},
	{Name: "kafka.sasl.mechanism", Kind: option.Enum, Values: []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"}, Default: "GSSAPI", Doc: "How to log in. OAUTHBEARER gets tokens for client credentials; GSSAPI is Kerberos."},
	{Name: "kafka.sasl.oauthbearer.client.credentials.client.id", Doc: "OAUTHBEARER: the client's id; or clientId of the login module."},
	{Name: "kafka.sasl.oauthbearer.client.credentials.client.secret", Doc: "OAUTHBEARER: the client's secret; or clientSecret of the login module."},
	{Name: "kafka.sasl.oauthbearer.header.urlencode", Kind: option.Bool, Default: "false", Doc: "OAUTHBEARER: whether id and secret are encoded as in a URL before they are sent."},
	{Name: "kafka.sasl.oauthbearer.jwt.retriever.class", Kind: option.Enum, Values: []string{"org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", "org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever", "org.apache.kafka.common.security.oauthbearer.FileJwtRetriever"}, Doc: "OAUTHBEARER: what is done anyway: the URL says whether a file or an endpoint is asked. Other classes cannot be loaded."},
	{Name: "kafka.sasl.oauthbearer.scope", Doc: "OAUTHBEARER: the scope to ask for; or scope of the login module."},
	{Name: "kafka.sasl.oauthbearer.scope.claim.name", Doc: "OAUTHBEARER: of the token's scope. It has no effect: the broker takes tokens apart."},
	{Name: "kafka.sasl.oauthbearer.sub.claim.name", Doc: "OAUTHBEARER: of the token's subject. It has no effect: the broker takes tokens apart."},
	{Name: "kafka.sasl.oauthbearer.token.endpoint.url", Doc: "OAUTHBEARER: where tokens come from: https://…, or file:/… for a file that holds one."},
	{Name: "kafka.security.protocol", Kind: option.Enum, Values: []string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}, Default: "PLAINTEXT", Doc: "Whether connections are encrypted, and whether the client logs in."},
	{Name: "kafka.send.buffer.bytes", Kind: option.Positive, Doc: "The size of the socket's send buffer."},
	{Name: "kafka.socket.connection.setup.timeout.ms", Kind: option.Positive, Doc: "How long making a connection may take."},
	{Name: "kafka.ssl.enabled.protocols", Doc: "The versions of TLS that may be used: TLSv1.2,TLSv1.3 (the default)."},
	{Name: "kafka.ssl.endpoint.identification.algorithm", Kind: option.Enum, Values: []string{"https", ""}, Default: "https", Doc: "Whether a broker's certificate must bear its host's name; empty: it need not."},
	{Name: "kafka.ssl.keystore.certificate.chain", Doc: "The client's certificate, as PEM."},
	{Name: "kafka.ssl.key.password", Doc: "What the client's private key is encrypted with: of PEM as PKCS#8, of JKS where it is not the store's password."},
	{Name: "kafka.ssl.keystore.key", Doc: "The client's private key, as PEM."},
	{Name: "kafka.ssl.keystore.location", Doc: "A file with the client's private key and certificate: JKS, PKCS12 or PEM."},
	{Name: "kafka.ssl.keystore.password", Doc: "The key store's password; PEM has none."},
	{Name: "kafka.ssl.keystore.type", Kind: option.Enum, Values: []string{"JKS", "PKCS12", "PEM"}, Doc: "JKS, PKCS12 or PEM; without it, what the file is. JKS and PKCS12 are read under either name, as Java does. Other types are not read."},
	{Name: "kafka.ssl.protocol", Kind: option.Enum, Values: []string{"TLSv1.3", "TLSv1.2", "TLS"}, Default: "TLSv1.3", Doc: "The newest version of TLS to use."},
	{Name: "kafka.ssl.truststore.certificates", Doc: "The certificates to trust, as PEM. Without them, the system's."},
	{Name: "kafka.ssl.truststore.location", Doc: "A file with the certificates to trust: JKS, PKCS12 or PEM."},
	{Name: "kafka.ssl.truststore.password", Doc: "The trust store's password; PEM has none. Without it the sum of a JKS store is not looked at."},
	{Name: "kafka.ssl.truststore.type", Kind: option.Enum, Values: []string{"JKS", "PKCS12", "PEM"}, Doc: "JKS, PKCS12 or PEM; without it, what the file is. JKS and PKCS12 are read under either name, as Java does. Other types are not read."},

	{Name: "kafka.auto.include.jmx.reporter", Unsupported: "there is no JMX; see the progress of the query"},
	{Name: "kafka.bootstrap.controllers", Unsupported: "topics are read and written by brokers; use kafka.bootstrap.servers"},
	{Name: "kafka.client.dns.lookup", Unsupported: "every address of a host is tried; leave it out"},
	{Name: "kafka.config.providers", Unsupported: "give the values themselves"},
	{Name: "kafka.enable.metrics.push", Unsupported: "the client sends no metrics; leave it out"},
	{Name: "kafka.metadata.recovery.strategy", Unsupported: "the bootstrap servers are asked again when no broker answers; leave it out"},
	{Name: "kafka.metadata.recovery.rebootstrap.trigger.ms", Unsupported: "the bootstrap servers are asked again when no broker answers; leave it out"},
	{Name: "kafka.metric.reporters", Unsupported: "there are no reporters of metrics; see the progress of the query"},
	{Name: "kafka.metrics.num.samples", Unsupported: "there are no reporters of metrics; see the progress of the query"},
	{Name: "kafka.metrics.recording.level", Unsupported: "there are no reporters of metrics; see the progress of the query"},
	{Name: "kafka.metrics.sample.window.ms", Unsupported: "there are no reporters of metrics; see the progress of the query"},
	{Name: "kafka.reconnect.backoff.ms", Unsupported: "connections are made when they are needed; use kafka.retry.backoff.ms"},
	{Name: "kafka.reconnect.backoff.max.ms", Unsupported: "connections are made when they are needed; use kafka.retry.backoff.max.ms"},
	{Name: "kafka.sasl.client.callback.handler.class", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.sasl.kerberos.kinit.cmd", Unsupported: "no program is started: a keytab logs in with each connection; leave it out"},
	{Name: "kafka.sasl.kerberos.min.time.before.relogin", Unsupported: "a keytab logs in with each connection; leave it out"},
	{Name: "kafka.sasl.kerberos.ticket.renew.*", Unsupported: "a keytab logs in with each connection; leave it out"},
	{Name: "kafka.sasl.login.class", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.sasl.login.refresh.*", Unsupported: "a token is asked for anew when four fifths of its life have passed; leave it out"},
	{Name: "kafka.sasl.oauthbearer.assertion.*", Unsupported: "tokens are got for client credentials, not for assertions"},
	{Name: "kafka.sasl.oauthbearer.clock.skew.seconds", Unsupported: "it is a broker's; leave it out"},
	{Name: "kafka.sasl.oauthbearer.expected.*", Unsupported: "it is a broker's; leave it out"},
	{Name: "kafka.sasl.oauthbearer.jwks.*", Unsupported: "it is a broker's; leave it out"},
	{Name: "kafka.sasl.oauthbearer.jwt.validator.class", Unsupported: "Java classes cannot be loaded; the broker looks at tokens"},
	{Name: "kafka.security.providers", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.socket.connection.setup.timeout.max.ms", Unsupported: "the time does not grow; use kafka.socket.connection.setup.timeout.ms"},
	{Name: "kafka.ssl.cipher.suites", Unsupported: "Go's choice of secure ciphers is used; leave it out"},
	{Name: "kafka.ssl.engine.factory.class", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.ssl.keymanager.algorithm", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.ssl.provider", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.ssl.secure.random.implementation", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.ssl.trustmanager.algorithm", Unsupported: "Java classes cannot be loaded"},
}

const noGroup = " It has no effect, in Spark neither: no consumer group is joined."

// consumerOptions are those of a Kafka client that reads.
var consumerOptions = option.Table{
	{Name: "kafka.check.crcs", Kind: option.Bool, Default: "true", Doc: "Whether the check sums of records are looked at."},
	{Name: "kafka.client.rack", Doc: "Where the client is: replicas there are read when the brokers name them."},
	{Name: "kafka.fetch.max.bytes", Kind: option.Positive, Default: "52428800", Doc: "How many bytes one answer has, about, at the most."},
	{Name: "kafka.fetch.max.wait.ms", Kind: option.Count, Default: "500", Doc: "How long a broker waits for fetch.min.bytes."},
	{Name: "kafka.fetch.min.bytes", Kind: option.Positive, Default: "1", Doc: "How many bytes a broker waits for."},
	{Name: "kafka.isolation.level", Kind: option.Enum, Values: []string{"read_uncommitted", "read_committed"}, Default: "read_uncommitted", Doc: "Whether records of transactions that are open or were aborted are read."},
	{Name: "kafka.max.partition.fetch.bytes", Kind: option.Positive, Default: "1048576", Doc: "How many bytes of a partition one answer has, about, at the most. A larger record is read all the same."},
	{Name: "kafka.group.id", Doc: "The consumer group's name in messages." + noGroup},
	{Name: "kafka.heartbeat.interval.ms", Kind: option.Positive, Doc: "Of a consumer group." + noGroup},
	{Name: "kafka.max.poll.interval.ms", Kind: option.Positive, Doc: "Of a consumer group." + noGroup},
	{Name: "kafka.max.poll.records", Kind: option.Positive, Doc: "Of a consumer's poll." + noGroup},
	{Name: "kafka.retries", Kind: option.Count, Doc: "How often a request is sent again, within kafka.default.api.timeout.ms."},
	{Name: "kafka.session.timeout.ms", Kind: option.Positive, Doc: "Of a consumer group." + noGroup},

	{Name: "kafka.allow.auto.create.topics", Unsupported: "reading makes no topics; leave it out"},
	{Name: "kafka.auto.commit.interval.ms", Unsupported: "offsets are kept in the checkpoint, and not committed to Kafka"},
	{Name: "kafka.auto.offset.reset", Unsupported: "use startingOffsets"},
	{Name: "kafka.enable.auto.commit", Unsupported: "offsets are kept in the checkpoint, and not committed to Kafka"},
	{Name: "kafka.exclude.internal.topics", Unsupported: "internal topics are never read"},
	{Name: "kafka.group.instance.id", Unsupported: "no consumer group is joined"},
	{Name: "kafka.group.protocol", Unsupported: "no consumer group is joined"},
	{Name: "kafka.group.remote.assignor", Unsupported: "no consumer group is joined"},
	{Name: "kafka.interceptor.classes", Unsupported: "interceptors may change records"},
	{Name: "kafka.key.deserializer", Unsupported: "keys are binary; cast the column"},
	{Name: "kafka.partition.assignment.strategy", Unsupported: "no consumer group is joined"},
	{Name: "kafka.value.deserializer", Unsupported: "values are binary; cast the column"},
}

// producerOptions are those of a Kafka client that writes.
var producerOptions = option.Table{
	{Name: "kafka.acks", Kind: option.Enum, Values: []string{"all", "-1", "1", "0"}, Same: []string{"-1"}, Default: "all", Doc: "Who must have a record before it counts as written."},
	{Name: "kafka.buffer.memory", Kind: option.Positive, Default: "33554432", Doc: "How many bytes may wait to be sent."},
	{Name: "kafka.compression.gzip.level", Doc: "How hard gzip tries: 1 to 9, or -1 for its default."},
	{Name: "kafka.compression.lz4.level", Doc: "How hard lz4 tries: 1 to 17. What is above 9 is 9."},
	{Name: "kafka.compression.zstd.level", Doc: "How hard zstd tries: -131072 to 22, of which four steps are told apart."},
	{Name: "kafka.compression.type", Kind: option.Enum, Values: []string{"none", "gzip", "snappy", "lz4", "zstd"}, Default: "none", Doc: "How records are compressed."},
	{Name: "kafka.delivery.timeout.ms", Kind: option.Positive, Default: "120000", Doc: "How long a record is tried to be written for."},
	{Name: "kafka.enable.idempotence", Kind: option.Bool, Default: "true", Doc: "Whether brokers take a record that is sent again only once. After a restart a batch may be written twice all the same."},
	{Name: "kafka.linger.ms", Kind: option.Count, Default: "5", Doc: "How long a record waits for others to be sent with."},
	{Name: "kafka.max.in.flight.requests.per.connection", Kind: option.Positive, Doc: "How many requests a broker gets before it has answered the first."},
	{Name: "kafka.max.request.size", Kind: option.Positive, Default: "1048576", Doc: "How large the records that are sent together, and so one record, may be."},
	{Name: "kafka.retries", Kind: option.Count, Doc: "How often a record is sent again."},

	{Name: "kafka.batch.size", Unsupported: "records are sent in batches of up to kafka.max.request.size"},
	{Name: "kafka.interceptor.classes", Unsupported: "Java classes cannot be loaded"},
	{Name: "kafka.key.serializer", Unsupported: "keys are binary or string"},
	{Name: "kafka.max.block.ms", Unsupported: "use kafka.delivery.timeout.ms"},
	{Name: "kafka.metadata.max.idle.ms", Unsupported: "leave it out"},
	{Name: "kafka.partitioner.*", Unsupported: "records go by column partition, by the hash of their keys as Kafka's own producer does it, or anywhere"},
	{Name: "kafka.transaction.timeout.ms", Unsupported: "the sink writes at least once, without transactions"},
	{Name: "kafka.transactional.id", Unsupported: "the sink writes at least once, without transactions"},
	{Name: "kafka.value.serializer", Unsupported: "values are binary or string"},
}

// givenText looks an option up in what the user gave, in any letter case.
func givenText(given map[string]string, name string) (string, bool) {
	for have, text := range given {
		if strings.EqualFold(have, name) {
			return text, true
		}
	}
	return "", false
}

const autoOffsetText = `
Kafka option 'auto.offset.reset' is not supported.
Instead set the source option 'startingoffsets' to 'earliest' or 'latest'
to specify where to start. Structured Streaming manages which offsets are consumed
internally, rather than relying on the kafkaConsumer to do it. This will ensure that no
data is missed when new topics/partitions are dynamically subscribed. Note that
'startingoffsets' only applies when a new Streaming query is started, and
that resuming will always pick up from where the query left off. See the docs for more
details.
         `

// checkForbidden refuses what Spark forbids, in its words.
func checkForbidden(given map[string]string, forbidden []refusal) error {
	for _, r := range forbidden {
		if _, ok := givenText(given, r.name); ok {
			return errclass.InvalidOption.New("%s", r.text)
		}
	}
	return nil
}

type refusal struct{ name, text string }

var (
	forbiddenToStreams = []refusal{
		{"endingOffsets", "ending offset not valid in streaming queries"},
		{"endingOffsetsByTimestamp", "ending timestamp not valid in streaming queries"},
		{"endingTimestamp", "ending timestamp not valid in streaming queries"}, // Spark takes it and forgets it
	}
	forbiddenToReaders = []refusal{
		{"kafka.auto.offset.reset", autoOffsetText},
		{"kafka.key.deserializer", "Kafka option 'key.deserializer' is not supported as keys are deserialized as byte arrays with ByteArrayDeserializer. Use DataFrame operations to explicitly deserialize the keys."},
		{"kafka.value.deserializer", "Kafka option 'value.deserializer' is not supported as values are deserialized as byte arrays with ByteArrayDeserializer. Use DataFrame operations to explicitly deserialize the values."},
		{"kafka.enable.auto.commit", "Kafka option 'enable.auto.commit' is not supported"},
		{"kafka.interceptor.classes", "Kafka option 'interceptor.classes' is not supported"},
	}
	forbiddenToWriters = []refusal{
		{"kafka.key.serializer", "Kafka option 'key.serializer' is not supported as keys are serialized with ByteArraySerializer."},
		{"kafka.value.serializer", "Kafka option 'value.serializer' is not supported as value are serialized with ByteArraySerializer."},
	}
)

// strategy says which partitions are read.
type strategy struct {
	name     string // as it stands in the source's description
	topics   []string
	pattern  *regexp.Regexp
	assigned []topicPartition
}

const strategyNames = "subscribe, subscribepattern, assign"

// strategyOf finds the one option that says what to read.
func strategyOf(given map[string]string) (strategy, error) {
	var which []string
	for _, name := range []string{"assign", "subscribe", "subscribePattern"} {
		if _, ok := givenText(given, name); ok {
			which = append(which, name)
		}
	}
	switch {
	case len(which) == 0:
		return strategy{}, errclass.InvalidOption.New("One of the following options must be specified for Kafka source: %s. See the docs for more details.", strategyNames)
	case len(which) > 1:
		return strategy{}, errclass.InvalidOption.New("Only one of the following options can be specified for Kafka source: %s. See the docs for more details.", strategyNames)
	}
	text, _ := givenText(given, which[0])
	switch which[0] {
	case "assign":
		return assignStrategy(text)
	case "subscribe":
		return subscribeStrategy(text)
	default:
		return patternStrategy(text)
	}
}

func assignStrategy(text string) (strategy, error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return strategy{}, errclass.InvalidOptionValue.New("No topicpartitions to assign as specified value for option 'assign' is '%s'", shortened(text))
	}
	assigned, err := parsePartitions(text)
	if err != nil {
		return strategy{}, err
	}
	s := strategy{name: "Assign[" + listText(assigned) + "]", assigned: assigned}
	for _, p := range assigned {
		if n := len(s.topics); n == 0 || s.topics[n-1] != p.topic {
			s.topics = append(s.topics, p.topic)
		}
	}
	return s, nil
}

func subscribeStrategy(text string) (strategy, error) {
	var topics []string
	for topic := range strings.SplitSeq(text, ",") {
		if topic = strings.TrimSpace(topic); topic != "" {
			topics = append(topics, topic)
		}
	}
	if len(topics) == 0 {
		return strategy{}, errclass.InvalidOptionValue.New("No topics to subscribe to as specified value for option 'subscribe' is '%s'", shortened(text))
	}
	return strategy{name: "Subscribe[" + strings.Join(topics, ", ") + "]", topics: topics}, nil
}

func patternStrategy(text string) (strategy, error) {
	pattern := strings.TrimSpace(text)
	if pattern == "" {
		return strategy{}, errclass.InvalidOptionValue.New("Pattern to subscribe is empty as specified value for option 'subscribePattern' is '%s'", text)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return strategy{}, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'subscribePattern': %w.", shortened(pattern), err).
			WithHint("Look-around and back-references are not supported.")
	}
	return strategy{name: "SubscribePattern[" + pattern + "]", pattern: compiled}, nil
}

// An Env is what the package needs of a session.
type Env struct {
	ReadFile fileReader // for files of certificates, keys and tokens
	Krb5Conf string     // where Kerberos' krb5.conf is
	Clock    func() time.Time
	Log      *slog.Logger
	Workers  int
}

// A ReadOptions is the checked options of a read.
type ReadOptions struct {
	values   option.Values
	strategy strategy
	client   clientConfig
	env      Env
}

// ParseReadOptions checks the options of a read as Spark does at load. What startingOffsets says is looked at when a stream
// runs, and here for a batch read.
func ParseReadOptions(ctx context.Context, given map[string]string, streaming bool, env Env) (ReadOptions, error) {
	if streaming {
		if err := checkForbidden(given, forbiddenToStreams); err != nil {
			return ReadOptions{}, err
		}
	}
	s, err := strategyOf(given)
	if err != nil {
		return ReadOptions{}, err
	}
	if err := checkForbidden(given, forbiddenToReaders); err != nil {
		return ReadOptions{}, err
	}
	if _, ok := givenText(given, "kafka.bootstrap.servers"); !ok {
		return ReadOptions{}, errclass.InvalidOption.New("Option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer")
	}
	values, err := SourceOptionTable.Parse(given)
	if err != nil {
		return ReadOptions{}, err
	}
	if least, most := values.Int("minOffsetsPerTrigger"), values.Int("maxOffsetsPerTrigger"); values.Has("maxOffsetsPerTrigger") && least > most {
		return ReadOptions{}, errclass.InvalidOptionValue.New("The value of minOffsetPerTrigger(%d) is higher than the maxOffsetsPerTrigger(%d).", least, most)
	}
	client, err := newClientConfig(ctx, values, env)
	if values.Has("kafka.retries") {
		client = append(client, kgo.RequestRetries(int(min(values.Int("kafka.retries"), 1<<30))))
	}
	return ReadOptions{values: values, strategy: s, client: client, env: env}, err
}

// group is the name of the consumer group in messages.
func (o ReadOptions) group(kind, id string) string {
	if o.values.Has("kafka.group.id") {
		return o.values.String("kafka.group.id")
	}
	prefix := kind
	if o.values.Has("groupIdPrefix") {
		prefix = o.values.String("groupIdPrefix")
	}
	return prefix + "-" + id + "-executor"
}
