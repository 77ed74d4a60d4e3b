package s3

import (
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// Prefix begins Hadoop's settings of S3; as a setting of a session, "spark.hadoop." may stand before it.
const (
	Prefix       = "fs.s3a."
	bucketPrefix = Prefix + "bucket."
	sparkPrefix  = "spark.hadoop."
)

const (
	keyAccess      = Prefix + "access.key"
	keySecret      = Prefix + "secret.key"
	keySession     = Prefix + "session.token"
	keyEndpoint    = Prefix + "endpoint"
	keyRegion      = Prefix + "endpoint.region"
	keyPathStyle   = Prefix + "path.style.access"
	keySSL         = Prefix + "connection.ssl.enabled"
	keyProviders   = Prefix + "aws.credentials.provider"
	keyAttempts    = Prefix + "attempts.maximum"
	keyPartSize    = Prefix + "multipart.size"
	keyBlocks      = Prefix + "fast.upload.active.blocks"
	keyTimeout     = Prefix + "connection.timeout"
	keyEstablish   = Prefix + "connection.establish.timeout"
	keyConnections = Prefix + "connection.maximum"
	keyConditional = Prefix + "create.conditional.enabled"
	keyAlgorithm   = Prefix + "encryption.algorithm"
	keyKMS         = Prefix + "encryption.key"
	keyPays        = Prefix + "requester.pays.enabled"
	keyImpl        = Prefix + "impl"
	keyFast        = Prefix + "fast.upload"
)

// Settings documents those of Hadoop's settings that mean something here.
var Settings = option.Table{
	{Name: keyAccess, Doc: "The access key. Without it credentials come from where AWS tools have them: environment, shared configuration, web identity, container, machine."},
	{Name: keySecret, Doc: "The secret key. No text shows it."},
	{Name: keySession, Doc: "The token of temporary credentials. No text shows it."},
	{Name: keyProviders, Doc: "Where credentials are looked for: classes of Hadoop or of Amazon's library, separated by commas; the first that has some gives them."},
	{Name: keyEndpoint, Doc: "The address of a store that is not AWS: http://host:port, or host:port with fs.s3a.connection.ssl.enabled."},
	{Name: keyRegion, Doc: "The region; by default that of the environment, else it is found out."},
	{Name: keyPathStyle, Kind: option.Bool, Doc: "Whether the bucket stands in the path of an address and not in its host; by default so for endpoints that are not those of AWS."},
	{Name: keySSL, Kind: option.Bool, Default: "true", Doc: "Whether an endpoint without http:// or https:// is reached by https."},
	{Name: keyConditional, Kind: option.Bool, Default: "true", Doc: "false: the store does not keep conditional writes, and this process is the only one that writes there; a file that is made once is looked for first."},
	{Name: keyAttempts, Kind: option.Positive, Default: "8", Doc: "How often a request is sent, at most."},
	{Name: keyTimeout, Kind: option.Duration, Default: "30s", Doc: "After how long without an answer, or without a byte of a body, a request is given up."},
	{Name: keyEstablish, Kind: option.Duration, Default: "5s", Doc: "After how long a connection is given up that does not come about."},
	{Name: keyConnections, Kind: option.Positive, Default: "100", Doc: "How many connections are kept open."},
	{Name: keyPartSize, Kind: option.Bytes, Default: "8m", Doc: "The size of the parts of an upload, 5 MB or more; a file has at most 10,000."},
	{Name: keyBlocks, Kind: option.Positive, Default: "3", Doc: "How many parts of one upload are under way at once."},
	{Name: keyAlgorithm, Kind: option.Enum, Values: []string{"AES256", "SSE-KMS", "DSSE-KMS"}, Doc: "What the store encrypts new objects with."},
	{Name: keyKMS, Doc: "The key of KMS that it encrypts with."},
	{Name: keyPays, Kind: option.Bool, Default: "false", Doc: "Whether requests are paid for by who makes them."},
	{Name: keyImpl, Kind: option.Enum, Values: []string{"org.apache.hadoop.fs.s3a.S3AFileSystem"}, Doc: "Programs for Spark set it; it changes nothing here."},
	{Name: keyFast, Kind: option.Bool, Default: "true", Doc: "Likewise: uploads are always made while a file is written."},
}

// secrets are the settings whose values nobody is shown.
var secrets = []string{keyAccess, keySecret, keySession, keyKMS}

// IsSetting tells whether a setting of a session is one of S3: fs.s3a.…, spark.hadoop.fs.s3a.…; and fs.s3.… and fs.s3n.…, which older
// file systems had, and which are refused.
func IsSetting(name string) bool {
	plain := plainName(name)
	return strings.HasPrefix(plain, Prefix) || isOlder(plain)
}

func isOlder(plain string) bool {
	plain = strings.ToLower(plain)
	return strings.HasPrefix(plain, "fs.s3.") || strings.HasPrefix(plain, "fs.s3n.")
}

// plainName is a setting without what Spark puts before it.
func plainName(name string) string {
	if len(name) > len(sparkPrefix) && strings.EqualFold(name[:len(sparkPrefix)], sparkPrefix) {
		name = name[len(sparkPrefix):]
	}
	if len(name) >= len(Prefix) && strings.EqualFold(name[:len(Prefix)], Prefix) {
		return Prefix + name[len(Prefix):]
	}
	return name
}

// IsSecret tells whether nobody may be shown the value of a setting.
func IsSecret(name string) bool {
	_, common := ofBucket(plainName(name))
	return slices.ContainsFunc(secrets, func(s string) bool { return strings.EqualFold(s, common) })
}

// ofBucket takes fs.s3a.bucket.NAME.option apart: the bucket, and the setting that it stands for. The names of buckets may have dots in them.
func ofBucket(name string) (bucket, common string) {
	if len(name) <= len(bucketPrefix) || !strings.EqualFold(name[:len(bucketPrefix)], bucketPrefix) {
		return "", name
	}
	rest := name[len(bucketPrefix):]
	for _, s := range Settings {
		if ending := s.Name[len(Prefix)-1:]; len(rest) > len(ending) && strings.EqualFold(rest[len(rest)-len(ending):], ending) {
			if found := rest[:len(rest)-len(ending)]; bucket == "" || len(found) < len(bucket) { // endpoint.region, not region
				bucket, common = found, s.Name
			}
		}
	}
	if bucket == "" {
		bucket, rest, _ = strings.Cut(rest, ".")
		return bucket, Prefix + rest
	}
	return bucket, common
}

// CheckSetting says what is wrong with a setting.
func CheckSetting(name, value string) error {
	if plain := plainName(name); isOlder(plain) {
		if strings.HasSuffix(plain, ".impl") {
			_, err := Settings.Parse(map[string]string{keyImpl: value})
			return err
		}
		return errclass.InvalidOption.New("unknown option '%s'.", name).WithHint("The settings of S3 begin with %s, for s3:// and s3n:// too.", Prefix)
	}
	_, common := ofBucket(plainName(name))
	values, err := Settings.Parse(map[string]string{common: value})
	if err != nil {
		return err
	}
	if IsSecret(name) {
		return nil
	}
	if values.Has(keyPartSize) && values.Bytes(keyPartSize) < limits.PartBytes {
		return errclass.InvalidOption.New("option '%s' is %s: a part has at least 5 MB.", common, value)
	}
	if values.Has(keyEndpoint) {
		if _, err := endpointURL(value); err != nil {
			return err
		}
	}
	if values.Has(keyProviders) {
		return checkProviders(value)
	}
	return nil
}

// Hadoop makes the options for a bucket of settings by Hadoop's names; those that are none of S3 are passed over. What is set for the bucket
// goes before what is set for all.
func Hadoop(settings map[string]string, bucket string) (Options, error) {
	common, own := map[string]string{}, map[string]string{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(settings))) { // a name with Spark's prefix comes before the plain one, which wins
		if !IsSetting(name) || isOlder(plainName(name)) || settings[name] == "" {
			continue
		}
		if of, key := ofBucket(plainName(name)); of == bucket {
			own[key] = settings[name]
		} else if of == "" {
			common[key] = settings[name]
		}
	}
	if own[keyAccess] != "" { // a key of the bucket does not go with a token of another
		delete(common, keySession)
	}
	maps.Copy(common, own)
	v, err := Settings.Parse(common)
	if err != nil {
		return Options{}, err
	}
	o := Options{
		Region: v.String(keyRegion), Endpoint: v.String(keyEndpoint),
		AccessKey: v.String(keyAccess), SecretKey: v.String(keySecret), SessionToken: v.String(keySession), Providers: v.String(keyProviders),
		Encryption: v.String(keyAlgorithm), EncryptionKey: v.String(keyKMS), RequesterPays: v.Bool(keyPays),
		PartBytes: v.Bytes(keyPartSize), PartsAtOnce: int(v.Int(keyBlocks)), Attempts: int(v.Int(keyAttempts)),
		Timeout: v.Duration(keyTimeout), ConnectIn: v.Duration(keyEstablish), Connections: int(v.Int(keyConnections)),
		SingleWriter: !v.Bool(keyConditional),
	}
	if v.Has(keyPathStyle) {
		o.Style = StyleHost
		if v.Bool(keyPathStyle) {
			o.Style = StylePath
		}
	}
	if o.Endpoint != "" && !strings.Contains(o.Endpoint, "://") && !v.Bool(keySSL) {
		o.Endpoint = "http://" + o.Endpoint
	}
	return o, nil
}
