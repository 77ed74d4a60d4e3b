package kafka

import (
	"context"
	"crypto/tls"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// storeFile reads a file of testdata/stores, which keytool and openssl made.
func storeFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "stores", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readStoreFile(t testing.TB) fileReader {
	return func(_ context.Context, name string) ([]byte, error) { return storeFile(t, name), nil }
}

// Stores are read whatever they are made of, and what cannot be read says why, without a password.
func TestStoresOfKeys(t *testing.T) {
	cert := string(storeFile(t, "p12.pem"))
	encrypted := func(name string) string { return string(storeFile(t, name)) }
	tests := []struct {
		name            string
		options         []string // without "kafka.ssl."
		trusts, clients int
		refused         string
	}{
		{"JKS trust store", []string{"truststore.location", "trust.jks", "truststore.password", "store-pass"}, 2, 0, ""},
		{"JKS trust store, unchecked", []string{"truststore.location", "trust.jks"}, 2, 0, ""},
		{"PKCS12 trust store", []string{"truststore.location", "trust.p12", "truststore.type", "PKCS12", "truststore.password", "store-pass"}, 2, 0, ""},
		{"PKCS12 under the name of JKS, as in Java", []string{"truststore.location", "trust.p12", "truststore.type", "JKS", "truststore.password", "store-pass"}, 2, 0, ""},
		{"JKS under the name of PKCS12", []string{"truststore.location", "trust.jks", "truststore.type", "pkcs12", "truststore.password", "store-pass"}, 2, 0, ""},
		{"PEM trust store", []string{"truststore.location", "p12.pem", "truststore.type", "PEM"}, 1, 0, ""},
		{"JKS key store", []string{"keystore.location", "client.jks", "keystore.password", "store-pass", "key.password", "key-pass"}, 0, 1, ""},
		{"PKCS12 key store", []string{"keystore.location", "client.p12", "keystore.password", "store-pass"}, 0, 1, ""},
		{"PKCS12 key store, the password twice", []string{"keystore.location", "client.p12", "keystore.password", "store-pass", "key.password", "store-pass"}, 0, 1, ""},
		{"PEM, key encrypted with AES", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("aes.key"), "key.password", "key-pass"}, 0, 1, ""},
		{"PEM, key encrypted with 3DES", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("des3.key"), "key.password", "key-pass"}, 0, 1, ""},
		{"PEM, key not encrypted", []string{"keystore.type", "PEM", "keystore.certificate.chain", cert, "keystore.key", encrypted("key.pem")}, 0, 1, ""},

		{"wrong password of JKS", []string{"truststore.location", "trust.jks", "truststore.password", "guess-1"}, 0, 0, "The trust store cannot be opened: the password is wrong, or the file is damaged. See 'kafka.ssl.truststore.password'"},
		{"wrong password of PKCS12", []string{"truststore.location", "trust.p12", "truststore.password", "guess-1"}, 0, 0, "the password is wrong"},
		{"no password of PKCS12", []string{"truststore.location", "trust.p12"}, 0, 0, "the password is wrong"},
		{"wrong password of a key", []string{"keystore.location", "client.jks", "keystore.password", "store-pass", "key.password", "guess-1"}, 0, 0, "the password is wrong"},
		{"the key has a password of its own", []string{"keystore.location", "client.jks", "keystore.password", "store-pass"}, 0, 0, "the password is wrong"},
		{"two passwords of PKCS12", []string{"keystore.location", "client.p12", "keystore.password", "store-pass", "key.password", "guess-1"}, 0, 0, "'kafka.ssl.key.password' is another"},
		{"a key store without password", []string{"keystore.location", "client.p12"}, 0, 0, "SSL key store is specified, but key store password is not specified."},
		{"JCEKS", []string{"truststore.location", "trust.jceks", "truststore.password", "store-pass"}, 0, 0, "it is of type JCEKS"},
		{"no store", []string{"truststore.location", "key.txt"}, 0, 0, "the file is neither JKS, nor PKCS12, nor PEM"},
		{"PEM under another name", []string{"truststore.location", "p12.pem", "truststore.type", "JKS"}, 0, 0, "the file is PEM, and 'kafka.ssl.truststore.type' says JKS"},
		{"PEM with a store's password", []string{"truststore.location", "p12.pem", "truststore.password", "guess-1"}, 0, 0, "SSL trust store password cannot be specified for PEM format."},
		{"PEM key store with a store's password", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("key.pem"), "keystore.password", "guess-1"}, 0, 0, "SSL key store password cannot be specified with PEM format, only key password may be specified."},
		{"an encrypted key without password", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("aes.key")}, 0, 0, "its key is encrypted, and 'kafka.ssl.key.password' is not given"},
		{"an encrypted key with a wrong one", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("aes.key"), "key.password", "guess-1"}, 0, 0, "the password is wrong"},
		{"a password for a key that is not encrypted", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("key.pem"), "key.password", "guess-1"}, 0, 0, "its key is not encrypted as PKCS#8"},
		{"an old encryption", []string{"keystore.certificate.chain", cert, "keystore.key", encrypted("old.key"), "key.password", "key-pass"}, 0, 0, "the key is encrypted in an old way"},
		{"a password for nothing", []string{"truststore.password", "guess-1"}, 0, 0, "option 'kafka.ssl.truststore.password' has no effect without 'kafka.ssl.truststore.location'."},
		{"a key store trusts nobody", []string{"truststore.location", "client.jks", "truststore.password", "store-pass"}, 0, 0, "The trust store holds no certificate to trust."},
		{"a trust store has no key", []string{"keystore.location", "trust.jks", "keystore.password", "store-pass"}, 0, 0, "The key store holds no private key with its certificate."},
		{"two places", []string{"truststore.location", "trust.jks", "truststore.certificates", cert}, 0, 0, "Only one of"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			given := map[string]string{}
			for i := 0; i < len(test.options); i += 2 {
				given["kafka.ssl."+test.options[i]] = test.options[i+1]
			}
			values, err := clientOptions.Parse(given)
			if err != nil {
				t.Fatal(err)
			}
			config, err := tlsConfig(t.Context(), values, readStoreFile(t))
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "guess-1") || strings.Contains(err.Error(), "-pass") {
					t.Errorf("got %v, want an error with %q", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(config.Certificates); n != test.clients {
				t.Errorf("%d certificates to show, want %d", n, test.clients)
			}
			if test.trusts > 0 && len(config.RootCAs.Subjects()) != test.trusts { //nolint:staticcheck // these are no system's roots
				t.Errorf("%d certificates are trusted, want %d", len(config.RootCAs.Subjects()), test.trusts) //nolint:staticcheck // as above
			}
		})
	}
}

// A broker is reached, and the client known, by Java's stores.
func TestConnectionsWithJavasStores(t *testing.T) {
	for _, stores := range [][]string{
		{"trust.jks", "client.jks", "key-pass"},
		{"trust.p12", "client.p12", "store-pass"},
	} {
		t.Run(stores[0], func(t *testing.T) {
			side := func() *tls.Config {
				values, err := clientOptions.Parse(map[string]string{
					"kafka.ssl.truststore.location": "trust.jks", "kafka.ssl.keystore.location": "client.p12", "kafka.ssl.keystore.password": "store-pass",
				})
				if err != nil {
					t.Fatal(err)
				}
				config, err := tlsConfig(t.Context(), values, readStoreFile(t))
				if err != nil {
					t.Fatal(err)
				}
				return config
			}
			server := side()
			server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, server.RootCAs
			b := newBench(t, kfake.SeedTopics(1, "t"), kfake.TLS(server))
			b.client = b.newClient(kgo.DialTLSConfig(side()))
			for _, name := range stores[:2] {
				if err := b.store.Put(t.Context(), name, storeFile(t, name)); err != nil {
					t.Fatal(err)
				}
			}
			b.produce("t", 0, "x")
			rows, err := b.batchRows("subscribe", "t", "kafka.security.protocol", "SSL", "kafka.ssl.truststore.location", stores[0], "kafka.ssl.truststore.password", "store-pass",
				"kafka.ssl.keystore.location", stores[1], "kafka.ssl.keystore.password", "store-pass", "kafka.ssl.key.password", stores[2])
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "rows", rows, []string{"0@0 x"})
		})
	}
}

// Whatever a file holds, reading it as a store or as a key ends, and gives an error or what was found.
func FuzzKeyStores(f *testing.F) {
	for _, name := range []string{"client.jks", "trust.jks"} {
		f.Add(storeFile(f, name))
	}
	for _, name := range []string{"aes.key", "des3.key", "old.key"} {
		block, _ := pem.Decode(storeFile(f, name))
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if store, err := readJKS(data, "", "key-pass"); err == nil && store == nil {
			t.Error("neither a store nor an error")
		}
		if _, err := readJKS(data, "other-pass", "key-pass"); err == nil {
			t.Error("the sum over another password is right")
		}
		var info encryptedKey
		var params pbes2
		if _, err := asn1.Unmarshal(data, &info); err == nil {
			_, _ = asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params)
		}
		if params.Derivation.Parameters.Iterations < 1e4 { // more takes long, as it shall
			_, _ = decryptPKCS8(data, "key-pass")
		}
	})
}
