package cli

import (
	"errors"
	"strings"
)

// Conf reads settings as a command line gives them, name=value each. An error does not repeat what may be a secret.
func Conf(given []string) (map[string]string, error) {
	conf := map[string]string{}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, errors.New("--conf takes name=value: there is no name, or no =")
		}
		conf[name] = value
	}
	return conf, nil
}
