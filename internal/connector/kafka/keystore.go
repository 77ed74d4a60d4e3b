package kafka

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A keyStore is what a trust store or a key store holds, in whatever format it lies.
type keyStore struct {
	trusted    []*x509.Certificate
	identities []tls.Certificate
}

func (s *keyStore) addTrusted(der []byte) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("a certificate in it is not understood: %w", err)
	}
	s.trusted = append(s.trusted, cert)
	return nil
}

func (s *keyStore) addIdentity(key any, chain [][]byte) error {
	if len(chain) == 0 {
		return errors.New("a key in it has no certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("a certificate in it is not understood: %w", err)
	}
	s.identities = append(s.identities, tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf})
	return nil
}

// storeOptions are the names of the options of one store.
type storeOptions struct {
	noun                                               string
	typ, location, password, content, key, keyPassword string
}

var (
	trustStore = storeOptions{
		noun: "trust store", typ: "kafka.ssl.truststore.type", location: "kafka.ssl.truststore.location", password: "kafka.ssl.truststore.password",
		content: "kafka.ssl.truststore.certificates",
	}
	clientStore = storeOptions{
		noun: "key store", typ: "kafka.ssl.keystore.type", location: "kafka.ssl.keystore.location", password: "kafka.ssl.keystore.password",
		content: "kafka.ssl.keystore.certificate.chain", key: "kafka.ssl.keystore.key", keyPassword: "kafka.ssl.key.password",
	}
)

// given is the text of an option that this kind of store may have.
func given(v option.Values, name string) string {
	if name == "" {
		return ""
	}
	return v.String(name)
}

// read gives what the options describe; nil: they describe none. Its errors hold no password.
func (o storeOptions) read(ctx context.Context, v option.Values, readFile fileReader) (*keyStore, error) {
	content, key := given(v, o.content), given(v, o.key)
	switch {
	case !v.Has(o.location) && content == "" && key == "":
		for _, name := range []string{o.typ, o.password, o.keyPassword} {
			if name != "" && name != o.typ && v.Has(name) {
				return nil, errclass.InvalidOption.New("option '%s' has no effect without '%s'.", name, o.location)
			}
		}
		return nil, nil
	case v.Has(o.location) && (content != "" || key != ""):
		return nil, errclass.InvalidOption.New("Only one of '%s' and '%s' can be given.", o.content, o.location)
	case !v.Has(o.location):
		if typ := v.String(o.typ); typ != "" && typ != "PEM" {
			return nil, errclass.InvalidOptionValue.New("option '%s' needs '%s' PEM.", o.content, o.typ)
		}
		return o.told(o.fromPEM(v, []byte(content+"\n"+key)))
	}
	data, err := readFile(ctx, v.String(o.location))
	if err != nil {
		return nil, errclass.InvalidOptionValue.New("The file that option '%s' names cannot be read: %w.", o.location, err)
	}
	return o.told(o.fromFile(v, data))
}

// told makes what is wrong with a store an error of the option's.
func (o storeOptions) told(store *keyStore, err error) (*keyStore, error) {
	var known *errclass.Error
	switch {
	case err == nil || errors.As(err, &known):
		return store, err
	case errors.Is(err, errPassword):
		return nil, errclass.InvalidOptionValue.New("The %s cannot be opened: the password is wrong, or the file is damaged.", o.noun).WithHint("See '%s'.", o.password)
	}
	return nil, errclass.InvalidOptionValue.New("The %s cannot be used: %w.", o.noun, err).WithHint("See '%s'.", o.location)
}

// fromFile goes by what the file is: Java, too, reads JKS and PKCS#12 under either name.
func (o storeOptions) fromFile(v option.Values, data []byte) (*keyStore, error) {
	typ, isPEM := v.String(o.typ), bytes.Contains(data, []byte("-----BEGIN "))
	if isPEM && typ != "" && typ != "PEM" {
		return nil, fmt.Errorf("the file is PEM, and '%s' says %s", o.typ, typ)
	}
	if isPEM || typ == "PEM" {
		return o.fromPEM(v, data)
	}
	password, keyPassword := v.String(o.password), ""
	if o.keyPassword != "" {
		if !v.Has(o.password) {
			return nil, errclass.InvalidOption.New("SSL key store is specified, but key store password is not specified.").WithHint("Give option '%s'.", o.password)
		}
		keyPassword = password
		if v.Has(o.keyPassword) {
			keyPassword = v.String(o.keyPassword)
		}
	}
	if len(data) < 4 {
		return nil, errDamaged
	}
	switch magic := binary.BigEndian.Uint32(data); {
	case magic == jksMagic:
		return readJKS(data, password, keyPassword)
	case magic == jceksMagic:
		return nil, errors.New("it is of type JCEKS; keytool -importkeystore -deststoretype PKCS12 makes it one that is read")
	case data[0] == 0x30:
		return o.fromPKCS12(data, password, keyPassword)
	}
	return nil, errors.New("the file is neither JKS, nor PKCS12, nor PEM")
}

func (o storeOptions) fromPKCS12(data []byte, password, keyPassword string) (*keyStore, error) {
	if o.keyPassword == "" {
		trusted, err := pkcs12.DecodeTrustStore(data, password)
		return &keyStore{trusted: trusted}, pkcs12Problem(err)
	}
	if keyPassword != password {
		return nil, fmt.Errorf("the key in a PKCS12 store has the store's password, and '%s' is another", o.keyPassword)
	}
	key, leaf, rest, err := pkcs12.DecodeChain(data, password)
	if err != nil {
		return nil, pkcs12Problem(err)
	}
	chain := [][]byte{leaf.Raw}
	for _, c := range rest {
		chain = append(chain, c.Raw)
	}
	store := &keyStore{}
	return store, store.addIdentity(key, chain)
}

func pkcs12Problem(err error) error {
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		return errPassword
	}
	return err
}

// fromPEM reads certificates to trust, or a private key and the chain of its certificates, in any order.
func (o storeOptions) fromPEM(v option.Values, data []byte) (*keyStore, error) {
	switch {
	case !v.Has(o.password):
	case o.keyPassword == "":
		return nil, errclass.InvalidOption.New("SSL trust store password cannot be specified for PEM format.").WithHint("Leave '%s' out.", o.password)
	default:
		return nil, errclass.InvalidOption.New("SSL key store password cannot be specified with PEM format, only key password may be specified.").
			WithHint("Give '%s', if the key is encrypted.", o.keyPassword)
	}
	store := &keyStore{}
	if o.keyPassword == "" {
		for block := range pemBlocks(data) {
			if block.Type != "CERTIFICATE" {
				continue
			}
			if err := store.addTrusted(block.Bytes); err != nil {
				return nil, err
			}
		}
		return store, nil
	}
	var chain, key []byte
	for block := range pemBlocks(data) {
		switch block.Type {
		case "CERTIFICATE":
			chain = append(chain, pem.EncodeToMemory(block)...)
		case "ENCRYPTED PRIVATE KEY":
			if !v.Has(o.keyPassword) {
				return nil, fmt.Errorf("its key is encrypted, and '%s' is not given", o.keyPassword)
			}
			der, err := decryptPKCS8(block.Bytes, v.String(o.keyPassword))
			if err != nil {
				return nil, err
			}
			key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			if v.Has(o.keyPassword) {
				return nil, fmt.Errorf("its key is not encrypted as PKCS#8, and '%s' is given; openssl pkcs8 -topk8 -v2 aes256 encrypts it so", o.keyPassword)
			}
			key = pem.EncodeToMemory(block)
		}
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, errors.New("it holds no certificate with its private key in PEM")
	}
	store.identities = append(store.identities, pair)
	return store, nil
}

func pemBlocks(data []byte) func(func(*pem.Block) bool) {
	return func(yield func(*pem.Block) bool) {
		for {
			var block *pem.Block
			if block, data = pem.Decode(data); block == nil || !yield(block) {
				return
			}
		}
	}
}
