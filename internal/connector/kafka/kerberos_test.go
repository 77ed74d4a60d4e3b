package kafka

import (
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
)

// newKerberosBench has a krb5.conf, whose one KDC is nowhere, and a keytab of alice@EXAMPLE.COM.
func newKerberosBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, servers: "localhost:9092", store: emptyStore()}
	keys := keytab.New()
	if err := keys.AddEntry("alice", "EXAMPLE.COM", "s3cret", time.Unix(1_700_000_000, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	data, err := keys.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"krb5.conf":    "[libdefaults]\n default_realm = EXAMPLE.COM\n dns_lookup_kdc = false\n udp_preference_limit = 1\n[realms]\n EXAMPLE.COM = {\n  kdc = 127.0.0.1:1\n }\n",
		"alice.keytab": string(data), "no.keytab": "no keys", "ccache": "\x05",
	} {
		if err := b.store.Put(t.Context(), name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) kerberos(options ...string) error {
	env := b.env()
	env.Krb5Conf = "krb5.conf"
	opts, err := ParseReadOptions(b.Context(), b.options(append([]string{"subscribe", "t", "kafka.security.protocol", "SASL_PLAINTEXT"}, options...)...), true, env)
	if err != nil {
		return err
	}
	client, err := opts.client.connect()
	if err == nil {
		client.Close()
	}
	return err
}

const aliceLogin = krb5Module + ` required useKeyTab=true storeKey=true keyTab="alice.keytab" principal="alice@EXAMPLE.COM";`

// What a login by Kerberos needs is found when the options are read; what is missing is said.
func TestKerberosOptions(t *testing.T) {
	jaas := func(options string) string { return krb5Module + " required " + options + ";" }
	service := []string{"kafka.sasl.kerberos.service.name", "kafka"}
	tests := []struct {
		name, jaas string
		more       []string
		text       string // empty: they are taken
	}{
		{"a keytab", aliceLogin, append([]string{"kafka.sasl.mechanism", "GSSAPI"}, service...), ""},
		{"GSSAPI is the default, as in Kafka; so is the realm, and the service may stand in the module", jaas(`useKeyTab=true keyTab="file:///alice.keytab" principal="alice" serviceName="kafka"`), nil, ""},
		{"a ticket cache", jaas(`useTicketCache=true ticketCache="FILE:ccache"`), service, ""},
		{"no service", aliceLogin, nil, "No serviceName defined in either JAAS or Kafka config"},
		{"no keytab there", jaas(`useKeyTab=true keyTab="gone" principal="alice"`), service, "The keytab of 'kafka.sasl.jaas.config' cannot be read"},
		{"a keytab that is none", jaas(`useKeyTab=true keyTab="no.keytab" principal="alice"`), service, "The keytab of 'kafka.sasl.jaas.config' is none"},
		{"a stranger", jaas(`useKeyTab=true keyTab="alice.keytab" principal="bob/host"`), service, "has no key of bob/host@EXAMPLE.COM"},
		{"no principal", jaas(`useKeyTab=true keyTab="alice.keytab"`), service, "lacks keyTab or principal"},
		{"a password", jaas(`principal="alice"`), service, "asks for a password, and nobody is there to give it"},
		{"some ticket cache", jaas(`useTicketCache=true`), service, "does not say which"},
		{"another's module", jaas(`useKeyTab=true`), append([]string{"kafka.sasl.mechanism", "PLAIN"}, service...), "option 'kafka.sasl.kerberos.service.name' has no effect with 'kafka.sasl.mechanism' PLAIN"},
		{"kinit", aliceLogin, append([]string{"kafka.sasl.kerberos.ticket.renew.jitter", "0.1"}, service...), "a keytab logs in with each connection"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := newKerberosBench(t).kerberos(append([]string{"kafka.sasl.jaas.config", test.jaas}, test.more...)...)
			if test.text == "" && err != nil || test.text != "" && (err == nil || !strings.Contains(err.Error(), test.text)) {
				t.Errorf("got %v, want %q", err, test.text)
			}
		})
	}
	b := newKerberosBench(t)
	if err := b.store.Delete(t.Context(), "krb5.conf"); err != nil {
		t.Fatal(err)
	}
	if err := b.kerberos(append([]string{"kafka.sasl.jaas.config", aliceLogin}, service...)...); err == nil || !strings.Contains(err.Error(), "KRB5_CONFIG") {
		t.Errorf("without krb5.conf: %v", err)
	}
}

// A KDC that is not there, and a ticket cache that is cut short, are errors and no panic.
func TestKerberosThatFails(t *testing.T) {
	for name, jaas := range map[string]string{
		"log in to Kerberos": aliceLogin,
		"makes no sense":     krb5Module + ` required useTicketCache=true ticketCache="ccache";`,
	} {
		b := newKerberosBench(t)
		env := b.env()
		env.Krb5Conf = "krb5.conf"
		values, err := clientOptions.Parse(map[string]string{"kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.kerberos.service.name": "kafka", "kafka.sasl.jaas.config": jaas})
		if err != nil {
			t.Fatal(err)
		}
		m, err := loginOf(t.Context(), values, env)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.Authenticate(t.Context(), "broker:9092"); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

// A broker's offer is answered as RFC 4752 has it, if it bears the seal of the ticket's key and no layer of its own is wanted.
func TestKerberosOffers(t *testing.T) {
	kind, err := crypto.GetEtype(etypeID.AES256_CTS_HMAC_SHA1_96)
	if err != nil {
		t.Fatal(err)
	}
	key, other := types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}, types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: []byte(strings.Repeat("k", 32))}
	offer := func(key types.EncryptionKey, payload ...byte) []byte {
		token := gssapi.WrapToken{Flags: 1, EC: uint16(kind.GetHMACBitLength() / 8), Payload: payload}
		if err := token.SetCheckSum(key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil {
			t.Fatal(err)
		}
		sealed, err := token.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	for _, test := range []struct {
		sent []byte
		text string
	}{
		{offer(key, 1, 0, 0, 0), ""},
		{offer(key, 7, 0, 255, 255), ""},
		{offer(key, 6, 0, 255, 255), "insists on a layer"},
		{offer(key, 1), "insists on a layer"},
		{offer(other, 1, 0, 0, 0), "is not sealed"},
		{[]byte("no offer"), "the broker's offer"},
		{nil, "the broker's offer"},
	} {
		s := &kerberosSession{key: key}
		done, answer, err := s.Challenge(test.sent)
		if test.text != "" {
			if err == nil || !strings.Contains(err.Error(), test.text) || done {
				t.Errorf("%x: got %v, want %q", test.sent, err, test.text)
			}
			continue
		}
		var token gssapi.WrapToken
		if err != nil || !done || token.Unmarshal(answer, false) != nil {
			t.Fatalf("%x: %x, %v, %v", test.sent, answer, done, err)
		}
		if ok, _ := token.Verify(key, keyusage.GSSAPI_INITIATOR_SEAL); !ok || string(token.Payload) != "\x01\x00\x00\x00" {
			t.Errorf("the answer is %x", token.Payload)
		}
		if _, _, err := s.Challenge(test.sent); err == nil {
			t.Error("a second offer is answered")
		}
	}
}
