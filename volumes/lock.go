package volumes

import "context"

// A Locker is a store that can keep two processes apart. The lock is advice: it says early and by name
// what PutIfAbsent would otherwise say late.
type Locker interface {
	// Lock takes the lock of a file until it is released or the process ends, and leaves the holder's
	// description in it. It does not wait: a lock that is held is a *LockedError.
	Lock(ctx context.Context, name string, holder []byte) (release func() error, err error)
}

// A LockedError says that a lock is held.
type LockedError struct {
	Name   string
	Holder []byte // as the holder described itself; empty if it had not yet
}

// Error names the lock and who holds it.
func (e *LockedError) Error() string { return "lock " + e.Name + ": held by " + string(e.Holder) }
