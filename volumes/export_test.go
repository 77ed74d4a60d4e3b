package volumes

import "io/fs"

// WithoutLinks is the store on a file system that has no links, or does not let us make one.
func WithoutLinks(l *Local) *Local { return OnDisk(noLinkDisk{l.disk}, l.path) }

type noLinkDisk struct{ Disk }

func (d noLinkDisk) Link(string, string) error { return fs.ErrPermission }

func (d noLinkDisk) Sub(dir string) Disk { return noLinkDisk{d.Disk.Sub(dir)} }
