// Package kafka reads Kafka topics, at rest and as streams, and writes to them, as Spark's data source "kafka" does: its
// options, its columns, its offsets JSON, its errors.
//
// # Reading
//
// Nothing joins a consumer group. The cluster is asked for the partitions and their offsets (assignment.go,
// listing.go), a batch is a set of ranges [from, until) of partitions (ranges.go), and each range is read by fetch requests of
// its own (fetch.go), whose record batches are decoded straight into Arrow columns (records.go, columns.go). The same
// offsets give the same rows for as long as Kafka has them.
//
// Where it does not have them any more, option failOnDataLoss says whether the query fails (the default) or logs a
// warning and goes on with what there is.
//
// # Where a stream begins
//
// A new query writes its first offsets to sources/N/0 before its first batch (initial.go), so that a first batch that is
// repeated begins where it began.
//
// # Writing
//
// The sink is at-least-once: a batch that is run again is written again. All its records are acknowledged before the
// batch counts as written.
//
// # Logging in
//
// PLAIN and SCRAM, OAUTHBEARER (oauth.go) and Kerberos (kerberos.go), by the login module of kafka.sasl.jaas.config (jaas.go) and
// by the options of Kafka's client. Certificates and keys are read out of JKS, PKCS12 and PEM (keystore.go) when the options
// are. No error, log or plan holds a password, a token, a key, or what a token endpoint answers but its error code.
//
// Refused: what would load a Java class, tokens for assertions (private_key_jwt), AWS_MSK_IAM, keys encrypted as before PKCS#5 v2,
// JCEKS and BCFKS.
package kafka
