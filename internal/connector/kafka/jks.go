package kafka

import (
	"bytes"
	"crypto/sha1" // it is what the format says
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf16"
)

// A jksReader reads a Java key store of type JKS (sun.security.provider.JavaKeyStore): a header, entries and a SHA-1 over the
// password and all of it. The first problem is kept, and reading goes on with nothing.
type jksReader struct {
	rest    []byte
	version uint32
	err     error
}

const (
	jksMagic   = 0xFEEDFEED
	jceksMagic = 0xCECECECE
	jksKey     = 1
	jksTrusted = 2
)

var (
	errDamaged  = errors.New("it is cut short or damaged")
	errPassword = errors.New("the password is wrong, or the file is damaged")
)

// jksSalt is what stands between password and file in the sum: Sun's name for its own weakness.
const jksSalt = "Mighty Aphrodite"

// readJKS takes a store apart. An empty password leaves the sum unchecked, as Java does.
func readJKS(data []byte, password, keyPassword string) (*keyStore, error) {
	if len(data) < 12+sha1.Size {
		return nil, errDamaged
	}
	body, sum := data[:len(data)-sha1.Size], data[len(data)-sha1.Size:]
	if password != "" {
		want := sha1.Sum(append(append(utf16Bytes(password), jksSalt...), body...))
		if subtle.ConstantTimeCompare(want[:], sum) != 1 {
			return nil, errPassword
		}
	}
	r := &jksReader{rest: body[4:]}
	r.version = r.uint32()
	if r.version != 1 && r.version != 2 {
		return nil, errors.New("its version is unknown")
	}
	store := &keyStore{}
	for range r.uint32() {
		if r.entry(store, keyPassword); r.err != nil {
			return nil, r.err
		}
	}
	return store, r.err
}

func (r *jksReader) entry(store *keyStore, keyPassword string) {
	tag := r.uint32()
	r.text() // the alias
	r.take(8)
	switch tag {
	case jksKey:
		sealed := r.bytes()
		var chain [][]byte
		for range r.uint32() {
			cert := r.certificate()
			if r.err != nil {
				return
			}
			chain = append(chain, cert)
		}
		if r.err == nil && keyPassword != "" { // a trust store's keys are nobody's business
			r.err = store.addKey(sealed, chain, keyPassword)
		}
	case jksTrusted:
		der := r.certificate()
		if r.err == nil {
			r.err = store.addTrusted(der)
		}
	default:
		r.err = errDamaged
	}
}

func (r *jksReader) certificate() []byte {
	if r.version == 2 {
		if kind := r.text(); r.err == nil && kind != "X.509" && kind != "X509" {
			r.err = errors.New("it holds a certificate that is not X.509")
		}
	}
	return r.bytes()
}

func (r *jksReader) take(n int) []byte {
	if r.err == nil && (n < 0 || n > len(r.rest)) {
		r.err = errDamaged
	}
	if r.err != nil {
		return nil
	}
	var taken []byte
	taken, r.rest = r.rest[:n], r.rest[n:]
	return taken
}

func (r *jksReader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *jksReader) text() string {
	if b := r.take(2); b != nil {
		return string(r.take(int(binary.BigEndian.Uint16(b))))
	}
	return ""
}

func (r *jksReader) bytes() []byte { return r.take(int(min(r.uint32(), 1<<31-1))) }

// encryptedKey is PKCS#8's EncryptedPrivateKeyInfo.
type encryptedKey struct {
	Algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	Data []byte
}

var sunKeyProtector = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}

// addKey decrypts a key as sun.security.provider.KeyProtector seals it: a salt, the key under a stream of chained SHA-1s, and a sum.
func (s *keyStore) addKey(sealed []byte, chain [][]byte, password string) error {
	var info encryptedKey
	if rest, err := asn1.Unmarshal(sealed, &info); err != nil || len(rest) > 0 || len(info.Data) < 2*sha1.Size {
		return errDamaged
	}
	if !info.Algorithm.ID.Equal(sunKeyProtector) {
		return errors.New("a key is encrypted in a way that JKS does not know")
	}
	secret := utf16Bytes(password)
	digest, body := info.Data[:sha1.Size], info.Data[sha1.Size:len(info.Data)-sha1.Size]
	der := make([]byte, len(body))
	for at := 0; at < len(body); at += sha1.Size {
		next := sha1.Sum(append(slices.Clip(secret), digest...))
		digest = next[:]
		subtle.XORBytes(der[at:], body[at:], digest)
	}
	sum := sha1.Sum(append(slices.Clip(secret), der...))
	if !bytes.Equal(sum[:], info.Data[len(info.Data)-sha1.Size:]) {
		return errPassword
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return errors.New("a key is of an unknown kind")
	}
	return s.addIdentity(key, chain)
}

// utf16Bytes is how Java sees a password.
func utf16Bytes(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return out
}
