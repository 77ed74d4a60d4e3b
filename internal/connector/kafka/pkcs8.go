package kafka

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // what older tools encrypted keys with
	"crypto/pbkdf2"
	"crypto/sha1" // the default of PBKDF2
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"hash"
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// pbes2 is PBES2-params of RFC 8018.
type pbes2 struct {
	Derivation struct {
		ID         asn1.ObjectIdentifier
		Parameters struct {
			Salt       []byte
			Iterations int
			KeyLength  int `asn1:"optional"`
			PRF        struct {
				ID   asn1.ObjectIdentifier
				Null asn1.RawValue `asn1:"optional"`
			} `asn1:"optional"`
		}
	}
	Cipher struct {
		ID asn1.ObjectIdentifier
		IV []byte
	}
}

// maxIterations bounds what a file can make us compute.
const maxIterations = 5_000_000

var prfs = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

var keyCiphers = map[string]struct {
	size int
	new  func([]byte) (cipher.Block, error)
}{
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
}

// decryptPKCS8 gives the PrivateKeyInfo within an EncryptedPrivateKeyInfo.
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var info encryptedKey
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, errDamaged
	}
	if !info.Algorithm.ID.Equal(oidPBES2) {
		return nil, errors.New("the key is encrypted in an old way; openssl pkcs8 -topk8 -v2 aes256 encrypts it anew")
	}
	var params pbes2
	if rest, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil || len(rest) > 0 {
		return nil, errors.New("how the key is encrypted is not understood; openssl pkcs8 -topk8 -v2 aes256 encrypts it anew")
	}
	derive := params.Derivation.Parameters
	prf, algorithm := prfs[derive.PRF.ID.String()], keyCiphers[params.Cipher.ID.String()]
	switch {
	case !params.Derivation.ID.Equal(oidPBKDF2) || prf == nil || algorithm.new == nil:
		return nil, errors.New("how the key is encrypted is not understood; openssl pkcs8 -topk8 -v2 aes256 encrypts it anew")
	case derive.Iterations < 1 || derive.Iterations > maxIterations:
		return nil, errDamaged
	}
	secret, err := pbkdf2.Key(prf, password, derive.Salt, derive.Iterations, algorithm.size)
	if err != nil {
		return nil, err
	}
	block, err := algorithm.new(secret)
	if err != nil {
		return nil, err
	}
	n := len(info.Data)
	if n == 0 || n%block.BlockSize() != 0 || len(params.Cipher.IV) != block.BlockSize() {
		return nil, errDamaged
	}
	plain := make([]byte, n)
	cipher.NewCBCDecrypter(block, params.Cipher.IV).CryptBlocks(plain, info.Data)
	return unpadded(plain, block.BlockSize())
}

// unpadded takes PKCS#7's padding off: wrong padding is a wrong password, nearly always.
func unpadded(plain []byte, size int) ([]byte, error) {
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size {
		return nil, errPassword
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errPassword
		}
	}
	return plain[:len(plain)-pad], nil
}
