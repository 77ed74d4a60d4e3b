package medallion

import (
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// setConfCommand is SET, SET key and SET key = value.
func (s *Session) setConfCommand(c *plan.SetConf) (*DataFrame, error) {
	if c.Key != "" && c.Value != nil {
		if err := s.SetConf(c.Key, *c.Value); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	conf := maps.Clone(s.conf)
	s.mu.Unlock()
	var rows [][]any
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if c.Key == "" || c.Key == key {
			rows = append(rows, []any{key, shownConf(key, conf[key])})
		}
	}
	if c.Key != "" && rows == nil {
		rows = append(rows, []any{c.Key, "<undefined>"})
	}
	return s.answer("key string, value string", rows)
}

// resetConf is RESET and RESET key: settings are again what they were when the session began.
func (s *Session) resetConf(c *plan.ResetConf) error {
	s.mu.Lock()
	conf := maps.Clone(s.conf)
	s.mu.Unlock()
	for key := range conf {
		if c.Key != "" && c.Key != key {
			continue
		}
		if value, ok := s.startConf[key]; ok {
			if err := s.SetConf(key, value); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		delete(s.conf, key)
		s.mu.Unlock()
	}
	return nil
}

// ownPrefix begins the settings that only this engine has: all of them are known.
const ownPrefix = "lakehouse."

// checkSetting refuses the name of a setting that does not exist. Of Spark's there are many that mean nothing here,
// and are kept as they are; one that is a slip of the fingers away from a setting of this engine is none of them.
func checkSetting(key string) error {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Name
	}
	if slices.Contains(names, key) {
		return nil
	}
	near, ok := errclass.Slip(key, names)
	if !ok && !strings.HasPrefix(strings.ToLower(key), ownPrefix) {
		return nil
	}
	unknown := errclass.ConfNotFound.New("The SQL config \"%s\" cannot be found.", key)
	if ok {
		return unknown.WithHint("Did you mean `%s`?", near)
	}
	return unknown.WithHint("Those of this engine are `%s`.", strings.Join(slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, ownPrefix) }), "`, `"))
}
