package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"

	"lakehouse/internal/errclass"
)

// providers are the classes by which Hadoop's fs.s3a.aws.credentials.provider names where credentials come from. Those of both
// releases of Amazon's library are known; the package may be left out.
var providers = map[string]func(o Options, cfg aws.Config) aws.CredentialsProvider{
	"SimpleAWSCredentialsProvider":            keysProvider,
	"TemporaryAWSCredentialsProvider":         sessionProvider,
	"AnonymousAWSCredentialsProvider":         anonymousProvider,
	"AnonymousCredentialsProvider":            anonymousProvider,
	"EnvironmentVariableCredentialsProvider":  environmentProvider,
	"IAMInstanceCredentialsProvider":          machineProvider,
	"InstanceProfileCredentialsProvider":      machineProvider,
	"ProfileCredentialsProvider":              chainProvider,
	"ProfileAWSCredentialsProvider":           chainProvider,
	"DefaultAWSCredentialsProviderChain":      chainProvider,
	"DefaultCredentialsProvider":              chainProvider,
	"ContainerCredentialsProvider":            chainProvider,
	"WebIdentityTokenCredentialsProvider":     chainProvider,
	"WebIdentityTokenFileCredentialsProvider": chainProvider,
}

var errNoKeys = errors.New("fs.s3a.access.key and fs.s3a.secret.key are not both set")

func keysProvider(o Options, _ aws.Config) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if o.AccessKey == "" || o.SecretKey == "" {
			return aws.Credentials{}, errNoKeys
		}
		return aws.Credentials{AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey, Source: "fs.s3a.access.key"}, nil
	})
}

func sessionProvider(o Options, _ aws.Config) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if o.AccessKey == "" || o.SecretKey == "" || o.SessionToken == "" {
			return aws.Credentials{}, fmt.Errorf("%w, or fs.s3a.session.token is not", errNoKeys)
		}
		return credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, o.SessionToken).Value, nil
	})
}

func ownProvider(keys func(context.Context) (Keys, error)) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		k, err := keys(ctx)
		return aws.Credentials{
			AccessKeyID: k.AccessKey, SecretAccessKey: k.SecretKey, SessionToken: k.SessionToken, CanExpire: !k.Expires.IsZero(), Expires: k.Expires, Source: "the program",
		}, err
	})
}

func anonymousProvider(Options, aws.Config) aws.CredentialsProvider {
	return aws.AnonymousCredentials{}
}

func environmentProvider(Options, aws.Config) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		env, err := config.NewEnvConfig()
		if err == nil && !env.Credentials.HasKeys() {
			err = errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set")
		}
		return env.Credentials, err
	})
}

func machineProvider(Options, aws.Config) aws.CredentialsProvider { return ec2rolecreds.New() }

// chainProvider is all that AWS tools know: environment, shared configuration, web identity, container, machine.
func chainProvider(_ Options, cfg aws.Config) aws.CredentialsProvider { return cfg.Credentials }

// credentials is where the credentials come from. They are kept until they run out.
func (o Options) credentials(cfg aws.Config) (aws.CredentialsProvider, error) {
	if o.Credentials != nil {
		return kept(ownProvider(o.Credentials)), nil
	}
	if o.Providers == "" {
		switch {
		case o.AccessKey == "" && o.SecretKey == "":
			return kept(cfg.Credentials), nil
		case o.SessionToken != "":
			return kept(sessionProvider(o, cfg)), nil
		}
		return kept(keysProvider(o, cfg)), nil
	}
	var list chain
	for short := range providerList(o.Providers) {
		provide, ok := providers[short]
		if !ok {
			return nil, unknownProvider(short)
		}
		provider := provide(o, cfg)
		if _, anonymous := provider.(aws.AnonymousCredentials); anonymous && len(list) == 0 {
			return provider, nil // no request is signed
		}
		list = append(list, provider)
	}
	return kept(list), nil
}

// providerList gives the classes of a list, without their packages.
func providerList(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			if name != "" && !yield(name[strings.LastIndexAny(name, ".$")+1:]) {
				return
			}
		}
	}
}

func checkProviders(text string) error {
	for short := range providerList(text) {
		if providers[short] == nil {
			return unknownProvider(short)
		}
	}
	return nil
}

func unknownProvider(name string) error {
	known := slices.Sorted(maps.Keys(providers))
	return errclass.InvalidOption.New("option '%s' names %s, which is not known here.", keyProviders, name).
		WithHint("%s", cmp.Or(errclass.DidYouMean(name, known), "Known are "+strings.Join(known, ", ")+"."))
}

func kept(p aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.NewCredentialsCache(&source{p})
}

// source marks the errors of a provider: a request that could not be signed was not sent.
type source struct{ aws.CredentialsProvider }

func (s *source) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if s.CredentialsProvider == nil {
		return aws.Credentials{}, &noCredentials{errors.New("there are none")}
	}
	found, err := s.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return found, &noCredentials{err}
	}
	return found, nil
}

type noCredentials struct{ err error }

func (e *noCredentials) Error() string {
	return "no credentials for S3 were found: " + e.err.Error() +
		": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or fs.s3a.access.key and fs.s3a.secret.key; for a public bucket " +
		"fs.s3a.aws.credentials.provider = org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
}
func (e *noCredentials) Unwrap() error { return e.err }

// chain asks one provider after the other.
type chain []aws.CredentialsProvider

func (c chain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var all []error
	for _, p := range c {
		if p == nil {
			continue
		}
		found, err := p.Retrieve(ctx)
		if err == nil {
			return found, nil
		}
		all = append(all, err)
	}
	return aws.Credentials{}, errors.Join(all...)
}
