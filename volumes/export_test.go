package volumes

import (
	"io/fs"
	"os"
)

// WithoutLinks is the store on a file system that has no links, or does not let us make one.
func WithoutLinks(l *Local) *Local { return OnDisk(noLinkDisk{l.disk}, l.path) }

type noLinkDisk struct{ Disk }

func (d noLinkDisk) Link(string, string) error { return fs.ErrPermission }

func (d noLinkDisk) Sub(dir string) Disk { return noLinkDisk{d.Disk.Sub(dir)} }

// OpenByRoot is OpenLocal where the system has no way of its own.
func OpenByRoot(path string) (*Local, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return OnDisk(&rootDisk{root: osRoot{root}}, path), nil
}
