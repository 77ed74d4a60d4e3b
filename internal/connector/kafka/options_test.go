package kafka

import (
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

// Each mistake is told by name, in Spark's words where Spark has words.
func TestMistakesOfReaders(t *testing.T) {
	tests := []struct {
		options []string
		batch   bool
		text    string
	}{
		{nil, false, "One of the following options must be specified for Kafka source: subscribe, subscribepattern, assign. See the docs for more details."},
		{[]string{"subscribe", "t", "assign", "{}"}, false, "Only one of the following options can be specified for Kafka source: subscribe, subscribepattern, assign."},
		{[]string{"assign", "t"}, false, "No topicpartitions to assign as specified value for option 'assign' is 't'"},
		{[]string{"assign", `{"t":0}`}, false, `Expected e.g. {"topicA":[0,1],"topicB":[0,1]}, got {"t":0}`},
		{[]string{"subscribe", " , "}, false, "No topics to subscribe to as specified value for option 'subscribe' is ' , '"},
		{[]string{"subscribePattern", " "}, false, "Pattern to subscribe is empty as specified value for option 'subscribePattern' is ' '"},
		{[]string{"subscribePattern", "a(?=b)"}, false, "Look-around and back-references are not supported."},
		{[]string{"subscribe", "t", "endingOffsets", "latest"}, false, "ending offset not valid in streaming queries"},
		{[]string{"subscribe", "t", "endingOffsetsByTimestamp", "{}"}, false, "ending timestamp not valid in streaming queries"},
		{[]string{"subscribe", "t", "endingTimestamp", "1"}, false, "ending timestamp not valid in streaming queries"},
		{[]string{"subscribe", "t", "minPartitions", "0"}, true, "'minPartitions', must be a positive integer"},
		{[]string{"subscribe", "t", "maxRecordsPerPartition", "-1"}, false, "'maxRecordsPerPartition', must be a positive integer"},
		{[]string{"subscribe", "t", "minOffsetsPerTrigger", "5", "maxOffsetsPerTrigger", "4"}, false, "The value of minOffsetPerTrigger(5) is higher than the maxOffsetsPerTrigger(4)."},
		{[]string{"subscribe", "t", "KAFKA.Auto.Offset.Reset", "earliest"}, false, "Kafka option 'auto.offset.reset' is not supported.\nInstead set the source option 'startingoffsets' to 'earliest' or 'latest'"},
		{[]string{"subscribe", "t", "kafka.key.deserializer", "x"}, false, "Kafka option 'key.deserializer' is not supported as keys are deserialized as byte arrays with ByteArrayDeserializer."},
		{[]string{"subscribe", "t", "kafka.value.deserializer", "x"}, false, "Kafka option 'value.deserializer' is not supported as values are deserialized"},
		{[]string{"subscribe", "t", "kafka.enable.auto.commit", "true"}, false, "Kafka option 'enable.auto.commit' is not supported"},
		{[]string{"subscribe", "t", "kafka.interceptor.classes", "x"}, true, "Kafka option 'interceptor.classes' is not supported"},
		{[]string{"subscribe", "t", "startingOffset", "latest"}, false, "unknown option 'startingOffset'. Did you mean `startingOffsets`?"},
		{[]string{"subscribe", "t", "kafka.fetch.max.byte", "1"}, false, "Did you mean `kafka.fetch.max.bytes`?"},
		{[]string{"subscribe", "t", "kafka.sasl.kerberos.kinit.cmd", "kinit"}, false, "no program is started"},
		{[]string{"subscribe", "t", "kafka.group.protocol", "consumer"}, false, "option 'kafka.group.protocol' is not supported: no consumer group is joined"},
		{[]string{"subscribe", "t", "kafka.bootstrap.servers", "nowhere"}, false, "Invalid url in bootstrap.servers: nowhere"},
		{[]string{"subscribe", "t", "kafka.bootstrap.servers", ","}, false, "No resolvable bootstrap urls given in bootstrap.servers"},
		{[]string{"subscribe", "t", "kafka.isolation.level", "serializable"}, false, "must be one of read_uncommitted, read_committed"},
		{[]string{"subscribe", "t", "startingOffsetsByTimestampStrategy", "first"}, false, "must be one of error, latest"},
		{[]string{"subscribe", "t", "kafka.request.timeout.ms", "1"}, false, "the options of the Kafka client make no sense"},
		{[]string{"subscribe", "t", "kafka.ssl.truststore.location", "ca.pem"}, false, "option 'kafka.ssl.truststore.location' has no effect without 'kafka.security.protocol' SSL or SASL_SSL."},
		{[]string{"subscribe", "t", "kafka.sasl.mechanism", "PLAIN"}, false, "option 'kafka.sasl.mechanism' has no effect without 'kafka.security.protocol' SASL_SSL or SASL_PLAINTEXT."},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SASL_SSL"}, false, "Option 'kafka.sasl.jaas.config' must be specified"},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SASL_SSL", "kafka.sasl.mechanism", "AWS_MSK_IAM"}, false, "must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI"},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.truststore.type", "BCFKS"}, false, "Other types are not read."},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.truststore.location", "gone.pem"}, false, "The file that option 'kafka.ssl.truststore.location' names cannot be read"},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.truststore.certificates", "no PEM"}, false, "The trust store holds no certificate to trust."},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.keystore.certificate.chain", "x", "kafka.ssl.keystore.key", "y"}, false, "The key store cannot be used: it holds no certificate with its private key in PEM."},
		{[]string{"subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.enabled.protocols", "TLSv1.1"}, false, "must be among TLSv1.2 and TLSv1.3"},
	}
	b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
	for _, test := range tests {
		_, err := ParseReadOptions(t.Context(), b.options(test.options...), !test.batch, b.env())
		if err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%q: got %v\nwant %s", test.options, err, test.text)
		}
	}
	options := b.options("subscribe", "t")
	delete(options, "kafka.bootstrap.servers")
	_, err := ParseReadOptions(t.Context(), options, true, b.env())
	wantError(t, err, errclass.InvalidOption, "Option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer")
}

// What a login is told by stays out of every error.
func TestSecretsStayOutOfErrors(t *testing.T) {
	const secret = "s3cret-passphrase"
	b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
	for _, jaas := range []string{
		`org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="` + secret + `"`, // no ;
		`org.apache.kafka.common.security.plain.PlainLoginModule optional username="u" password="` + secret + `";`,
		`org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="` + secret + `";`, // not PLAIN's
		`org.apache.kafka.common.security.plain.PlainLoginModule required password="` + secret + `";`,
		`org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="` + secret + `;`,
		secret,
	} {
		_, err := ParseReadOptions(t.Context(), b.options("subscribe", "t", "kafka.security.protocol", "SASL_SSL", "kafka.sasl.mechanism", "PLAIN", "kafka.sasl.jaas.config", jaas), true, b.env())
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", jaas, err)
		}
	}
}

func TestParseJaas(t *testing.T) {
	module, options, err := parseJaas(" kafkashaded.org.apache.kafka.common.security.plain.PlainLoginModule  required\n  username='al\"ice' password=\"p\\\"a; =ss\" tokenauth=true ; ")
	if err != nil {
		t.Fatal(err)
	}
	equalText(t, "module", module, "org.apache.kafka.common.security.plain.PlainLoginModule")
	equalText(t, "username", options["username"], `al"ice`)
	equalText(t, "password", options["password"], `p"a; =ss`)
	equalText(t, "tokenauth", options["tokenauth"], "true")
}

// An option is taken or refused once: no name stands in two tables of one reader or writer.
func TestOptionsAreDeclaredOnce(t *testing.T) {
	for _, names := range [][]string{SourceOptionTable.Names(), SinkOptionTable.Names()} {
		for i, n := range names {
			if slices.Contains(names[:i], n) {
				t.Errorf("%s is declared twice", n)
			}
		}
	}
}

// Every option of a Kafka client that this build can honour is taken.
func TestClientOptionsAreTaken(t *testing.T) {
	b := &bench{T: t, servers: "PLAINTEXT://localhost:9092, other:9093", store: emptyStore()}
	_, err := ParseReadOptions(t.Context(), b.options("subscribe", "t", "kafka.client.id", "me", "kafka.client.rack", "r1", "kafka.connections.max.idle.ms", "60000", "kafka.default.api.timeout.ms", "60000",
		"kafka.metadata.max.age.ms", "300000", "kafka.receive.buffer.bytes", "65536", "kafka.send.buffer.bytes", "65536", "kafka.request.timeout.ms", "30000", "kafka.retry.backoff.ms", "100",
		"kafka.retry.backoff.max.ms", "1000", "kafka.socket.connection.setup.timeout.ms", "10000", "kafka.fetch.max.bytes", "1000000", "kafka.fetch.max.wait.ms", "100", "kafka.fetch.min.bytes", "1",
		"kafka.max.partition.fetch.bytes", "1000", "kafka.isolation.level", "read_committed", "kafka.check.crcs", "false", "kafka.group.id", "g", "kafka.session.timeout.ms", "1", "kafka.max.poll.records", "500",
		"kafka.heartbeat.interval.ms", "3000", "kafka.max.poll.interval.ms", "300000", "kafka.security.protocol", "SASL_SSL", "kafka.sasl.mechanism", "SCRAM-SHA-512",
		"kafka.sasl.jaas.config", `org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p";`, "kafka.ssl.endpoint.identification.algorithm", "",
		"kafka.ssl.enabled.protocols", "TLSv1.2,TLSv1.3", "kafka.ssl.protocol", "TLSv1.2"), true, b.env())
	if err != nil {
		t.Error(err)
	}
	_, _, err = ParseWriteOptions(t.Context(), map[string]string{
		"kafka.bootstrap.servers": "a:1", "topic": "t", "kafka.acks": "1", "kafka.buffer.memory": "1000000", "kafka.compression.type": "zstd", "kafka.delivery.timeout.ms": "60000", "kafka.enable.idempotence": "true",
		"kafka.linger.ms": "0", "kafka.max.in.flight.requests.per.connection": "1", "kafka.max.request.size": "2000000", "kafka.retries": "3",
	}, nil, b.env())
	if err != nil {
		t.Error(err)
	}
}
