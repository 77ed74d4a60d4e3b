package kafka

import (
	"cmp"
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"github.com/twmb/franz-go/pkg/sasl"

	"lakehouse/internal/errclass"
)

// A kerberos logs in by GSSAPI: a ticket for the broker's service, got with the keys of a keytab or the ticket that kinit left.
// Each connection logs in anew, so that nothing runs between them.
type kerberos struct {
	service string
	conf    *config.Config

	user, realm string
	keys        *keytab.Keytab // nil: the ticket cache is used
	cache       func(context.Context) ([]byte, error)
}

func newKerberos(ctx context.Context, l login) (_ sasl.Mechanism, err error) {
	defer recovered(&err)
	k := &kerberos{service: cmp.Or(l.values.String("kafka.sasl.kerberos.service.name"), l.jaas["serviceName"])}
	if k.service == "" {
		return nil, errclass.InvalidOption.New("No serviceName defined in either JAAS or Kafka config").WithHint("Give option 'kafka.sasl.kerberos.service.name'.")
	}
	conf, err := l.env.ReadFile(ctx, l.env.Krb5Conf)
	if err != nil {
		return nil, errclass.InvalidOptionValue.New("The configuration of Kerberos cannot be read: %w.", err).WithHint("The environment variable KRB5_CONFIG names it; without it, it is /etc/krb5.conf.")
	}
	var extra config.UnsupportedDirective
	if k.conf, err = config.NewFromString(string(conf)); err != nil && !errors.As(err, &extra) {
		return nil, errclass.InvalidOptionValue.New("The configuration of Kerberos (%s) is not understood: %w.", l.env.Krb5Conf, err)
	}
	switch {
	case strings.EqualFold(l.jaas["useKeyTab"], "true"):
		return k, k.fromKeytab(ctx, l)
	case strings.EqualFold(l.jaas["useTicketCache"], "true"):
		name := l.jaas["ticketCache"]
		if name == "" {
			return nil, errclass.InvalidOptionValue.New("The login module of 'kafka.sasl.jaas.config' uses a ticket cache, and does not say which.").WithHint(`Add ticketCache="/tmp/krb5cc_…".`)
		}
		k.cache = func(ctx context.Context) ([]byte, error) {
			return l.env.ReadFile(ctx, strings.TrimPrefix(name, "FILE:"))
		}
		return k, nil
	}
	return nil, errclass.InvalidOptionValue.New("The login module of 'kafka.sasl.jaas.config' asks for a password, and nobody is there to give it.").
		WithHint(`Use a keytab: %s required useKeyTab=true keyTab="…" principal="…";`, krb5Module)
}

func (k *kerberos) fromKeytab(ctx context.Context, l login) error {
	name, principal := l.jaas["keyTab"], l.jaas["principal"]
	if name == "" || principal == "" {
		return errclass.InvalidOptionValue.New("The login module of 'kafka.sasl.jaas.config' uses a keytab, and lacks keyTab or principal.")
	}
	k.user, k.realm = principal, k.conf.LibDefaults.DefaultRealm
	if at := strings.LastIndexByte(principal, '@'); at >= 0 {
		k.user, k.realm = principal[:at], principal[at+1:]
	}
	if k.user == "" || k.realm == "" {
		return errclass.InvalidOptionValue.New("The principal of 'kafka.sasl.jaas.config' has no realm, and %s has no default_realm.", l.env.Krb5Conf)
	}
	data, err := l.env.ReadFile(ctx, name)
	if err != nil {
		return errclass.InvalidOptionValue.New("The keytab of 'kafka.sasl.jaas.config' cannot be read: %w.", err)
	}
	k.keys = keytab.New()
	if err := k.keys.Unmarshal(data); err != nil {
		return errclass.InvalidOptionValue.New("The keytab of 'kafka.sasl.jaas.config' is none: %w.", err)
	}
	for _, entry := range k.keys.Entries {
		if entry.Principal.Realm == k.realm && strings.Join(entry.Principal.Components, "/") == k.user {
			return nil
		}
	}
	return errclass.InvalidOptionValue.New("The keytab of 'kafka.sasl.jaas.config' has no key of %s@%s.", k.user, k.realm)
}

// recovered makes a panic of the Kerberos library, which reads bytes of strangers, an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("kerberos: what was read makes no sense: %v", p)
	}
}

// Name is SASL's.
func (k *kerberos) Name() string { return "GSSAPI" }

// Authenticate gets a ticket and begins the exchange of RFC 4752 with it.
func (k *kerberos) Authenticate(ctx context.Context, host string) (_ sasl.Session, first []byte, err error) {
	defer recovered(&err)
	c, err := k.client(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer c.Destroy()
	if err := c.AffirmLogin(); err != nil {
		return nil, nil, fmt.Errorf("log in to Kerberos: %w", err)
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ticket, key, err := c.GetServiceTicket(k.service + "/" + host)
	if err != nil {
		return nil, nil, fmt.Errorf("ask Kerberos for a ticket of %s/%s: %w", k.service, host, err)
	}
	who, err := types.NewAuthenticator(c.Credentials.Domain(), c.Credentials.CName())
	if err != nil {
		return nil, nil, err
	}
	who.Cksum = types.Checksum{CksumType: gssChecksum, Checksum: []byte{0: 16, 20: gssIntegrity, 23: 0}}
	request, err := messages.NewAPReq(ticket, key, who)
	if err != nil {
		return nil, nil, err
	}
	first, err = request.Marshal()
	if err != nil {
		return nil, nil, err
	}
	first, err = asn1.Marshal(asn1.RawValue{Class: asn1.ClassApplication, IsCompound: true, Bytes: append(append([]byte{}, gssPrefix...), first...)})
	return &kerberosSession{key: key}, first, err
}

func (k *kerberos) client(ctx context.Context) (*client.Client, error) {
	if k.keys != nil {
		return client.NewWithKeytab(k.user, k.realm, k.keys, k.conf, client.DisablePAFXFAST(true)), nil
	}
	data, err := k.cache(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ticket cache: %w", err)
	}
	cache := new(credentials.CCache)
	if err := cache.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("read the ticket cache: %w", err)
	}
	c, err := client.NewFromCCache(cache, k.conf, client.DisablePAFXFAST(true))
	if err != nil {
		return nil, fmt.Errorf("read the ticket cache: %w", err)
	}
	return c, nil
}

const (
	gssChecksum  = 0x8003 // RFC 4121, section 4.1.1
	gssIntegrity = 0x20
)

// gssPrefix is Kerberos' object identifier and the mark of its AP_REQ: RFC 4121, section 4.1.
var gssPrefix = []byte{6, 9, 42, 134, 72, 134, 247, 18, 1, 2, 2, 1, 0}

// A kerberosSession answers what the broker sends after the ticket: which layers of security it offers. None is used.
type kerberosSession struct {
	key  types.EncryptionKey
	done bool
}

// Challenge implements sasl.Session.
func (s *kerberosSession) Challenge(sent []byte) (done bool, answer []byte, err error) {
	defer recovered(&err)
	if s.done {
		return false, nil, errors.New("kerberos: the broker goes on after the end")
	}
	s.done = true
	var offer gssapi.WrapToken
	if err := offer.Unmarshal(sent, true); err != nil {
		return false, nil, fmt.Errorf("kerberos: the broker's offer: %w", err)
	}
	if ok, _ := offer.Verify(s.key, keyusage.GSSAPI_ACCEPTOR_SEAL); !ok {
		return false, nil, errors.New("kerberos: the broker's offer is not sealed with the key of the ticket")
	}
	if len(offer.Payload) != 4 || offer.Payload[0]&noLayer == 0 {
		return false, nil, errors.New("kerberos: the broker insists on a layer of security of its own; use SASL_SSL")
	}
	reply, err := gssapi.NewInitiatorWrapToken([]byte{noLayer, 0, 0, 0}, s.key)
	if err != nil {
		return false, nil, err
	}
	answer, err = reply.Marshal()
	return true, answer, err
}

const noLayer = 1
