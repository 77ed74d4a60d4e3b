//go:build !linux

package volumes

import (
	"errors"
	"os"
)

func renameExclusive(*os.Root, string, string) error { return errors.ErrUnsupported }
