package kafka

import (
	"context"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A login is what the options say about who logs in.
type login struct {
	values option.Values
	jaas   map[string]string // of the login module, by name
	env    Env
}

// A mechanism is a way of logging in: the login module that must be named, and what makes it.
type mechanism struct {
	module string
	make   func(context.Context, login) (sasl.Mechanism, error)
	own    []string // options that mean nothing to the others begin so
}

const (
	plainModule = "org.apache.kafka.common.security.plain.PlainLoginModule"
	scramModule = "org.apache.kafka.common.security.scram.ScramLoginModule"
	oauthModule = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
	krb5Module  = "com.sun.security.auth.module.Krb5LoginModule"
)

var mechanisms = map[string]mechanism{
	"PLAIN": {module: plainModule, make: func(_ context.Context, l login) (sasl.Mechanism, error) {
		user, pass, err := l.password(plainModule)
		return plain.Auth{User: user, Pass: pass}.AsMechanism(), err
	}},
	"SCRAM-SHA-256": {module: scramModule, make: func(_ context.Context, l login) (sasl.Mechanism, error) {
		user, pass, err := l.password(scramModule)
		return scram.Auth{User: user, Pass: pass, IsToken: l.jaas["tokenauth"] == "true"}.AsSha256Mechanism(), err
	}},
	"SCRAM-SHA-512": {module: scramModule, make: func(_ context.Context, l login) (sasl.Mechanism, error) {
		user, pass, err := l.password(scramModule)
		return scram.Auth{User: user, Pass: pass, IsToken: l.jaas["tokenauth"] == "true"}.AsSha512Mechanism(), err
	}},
	"OAUTHBEARER": {module: oauthModule, make: newBearer, own: []string{"kafka.sasl.oauthbearer.", "kafka.sasl.login."}},
	"GSSAPI":      {module: krb5Module, make: newKerberos, own: []string{"kafka.sasl.kerberos."}},
}

// loginOf makes the mechanism that the options describe. Its errors hold no password.
func loginOf(ctx context.Context, v option.Values, env Env) (sasl.Mechanism, error) {
	name := v.String("kafka.sasl.mechanism")
	mechanism := mechanisms[name]
	if err := checkOwners(v, name); err != nil {
		return nil, err
	}
	l := login{values: v, env: env}
	switch given := v.Has("kafka.sasl.jaas.config"); {
	case given:
		module, options, err := parseJaas(v.String("kafka.sasl.jaas.config"))
		if err != nil {
			return nil, err
		}
		if module != mechanism.module {
			return nil, errclass.InvalidOptionValue.New("The login module of 'kafka.sasl.jaas.config' does not fit 'kafka.sasl.mechanism' %s.", name).WithHint("It is %s.", mechanism.module)
		}
		l.jaas = options
	case !v.Has("kafka.sasl.oauthbearer.client.credentials.client.id"):
		return nil, errclass.InvalidOption.New("Option 'kafka.sasl.jaas.config' must be specified for 'kafka.security.protocol' %s.", v.String("kafka.security.protocol"))
	}
	return mechanism.make(ctx, l)
}

// checkOwners refuses options of another mechanism than the one that is used.
func checkOwners(v option.Values, used string) error {
	for other, m := range mechanisms {
		for _, prefix := range m.own {
			for _, name := range clientOptions.Names() {
				if other != used && strings.HasPrefix(name, prefix) && !strings.HasSuffix(name, "*") && v.Has(name) {
					return errclass.InvalidOption.New("option '%s' has no effect with 'kafka.sasl.mechanism' %s.", name, used).WithHint("It is of %s.", other)
				}
			}
		}
	}
	return nil
}

func (l login) password(module string) (user, pass string, err error) {
	user, pass = l.jaas["username"], l.jaas["password"]
	if user == "" || pass == "" {
		return "", "", errclass.InvalidOptionValue.New("The value of option 'kafka.sasl.jaas.config' lacks username or password.").
			WithHint(`It looks like: %s required username="…" password="…";`, module)
	}
	return user, pass, nil
}
