package volumes

// A Watcher tells of files that come into being in folders: that were written and closed, moved in, or linked. It may miss
// some (files that another machine writes to a shared disk, say): a listing now and then finds these.
type Watcher interface {
	// Watch begins with a folder, but not with those below it. A folder that is watched already may come under another name.
	Watch(dir string) error
	// Close ends the telling, and returns when it has ended.
	Close() error
}

// A Change is what a Watcher tells.
type Change struct {
	Name  string // of a file that is whole, or of a folder that is new
	IsDir bool
	Lost  bool // changes were lost, or a folder that was watched has gone: what is there is to be listed
}

// A Watchable is a store that can tell of its files. Where the operating system cannot, the error wraps errors.ErrUnsupported.
type Watchable interface {
	// NewWatcher starts a watcher. It calls tell from one goroutine, or several.
	NewWatcher(tell func(Change)) (Watcher, error)
}
