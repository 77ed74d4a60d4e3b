package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lakehouse/volumes"
)

// otherFolder ends the names of folders that are not by their tables' names.
const otherFolder = ".tbl"

// maxPlaces bounds how many folders are tried for one table.
const maxPlaces = 1000

// Place is where a new managed table lies: in the folder of its name, below its schema's, or, where a table that has another name
// by now keeps that folder, in one beside it.
func (c *Catalog) Place(ctx context.Context, n Name) (string, error) {
	s, err := c.Schema(ctx, n.Catalog, n.Schema)
	if err != nil {
		return "", err
	}
	first := Location(n)
	if s.Location != "" {
		first = s.Location + "/" + escapeTable(n.Table)
	}
	for i := range maxPlaces {
		place := first
		if i > 0 {
			place = fmt.Sprintf("%s.%d%s", first, i+1, otherFolder)
		}
		reserved, err := c.isReserved(ctx, place)
		if err != nil || !reserved {
			return place, err
		}
	}
	return "", errTooManyPlaces
}

// Reserve keeps new managed tables out of a folder whose table has, or is to have, another name.
func (c *Catalog) Reserve(ctx context.Context, location string) error {
	file, err := c.placeFile(location)
	if err != nil {
		return err
	}
	return c.store.Put(ctx, file, []byte(location+"\n"))
}

// release takes back a reservation, if there is one.
func (c *Catalog) release(ctx context.Context, location string) error {
	file, err := c.placeFile(location)
	if err != nil {
		return err
	}
	if err := c.store.Delete(ctx, file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (c *Catalog) isReserved(ctx context.Context, location string) (bool, error) {
	file, err := c.placeFile(location)
	if err != nil {
		return false, err
	}
	_, err = volumes.StatFile(ctx, c.store, file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (c *Catalog) placeFile(location string) (string, error) {
	at, err := c.space.Resolve(location)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.TrimRight(at.URI, "/")))
	return folder + "/_places/" + hex.EncodeToString(sum[:]), nil
}
