package crashtest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"lakehouse/medallion"
)

// Put lands a file, as an upload does that is done again after it was cut short: one that is there stays as it is.
func Put(ctx context.Context, s *medallion.Session, name, text string) error {
	at, err := s.Space().Resolve(name)
	if err != nil {
		return err
	}
	if err := at.Store.PutIfAbsent(ctx, at.Key, []byte(text)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// lines are rows as texts, in their order.
func lines(rows []medallion.Row) string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.String() + "\n"
	}
	slices.Sort(texts)
	return strings.Join(texts, "")
}
