package volumes

import (
	"context"
	"io"
	"time"
)

// Objects is what a cloud offers, a request a method: the file of protocol that an [ObjectStore] stands on. It repeats nothing, and
// remembers nothing of a request. Keys are whole, from the start of the bucket. Errors are *[ObjectError].
type Objects interface {
	// Limits says what the cloud can hold.
	Limits() ObjectLimits

	// Head describes an object.
	Head(ctx context.Context, key string) (Object, error)
	// Get begins to read an object. What it says of the object is true of the whole, whatever the range.
	Get(ctx context.Context, key string, opts GetOptions) (Object, io.ReadCloser, error)
	// Put makes an object, whole or not at all.
	Put(ctx context.Context, key string, data []byte, opts PutOptions) error
	// Delete removes objects, at most [ObjectLimits].DeleteKeys. One that is not there is fine.
	Delete(ctx context.Context, keys []string) error
	// List gives a page of keys in the order of their bytes.
	List(ctx context.Context, query ObjectQuery) (ObjectPage, error)

	// StartUpload begins an object that comes in parts. It is there after FinishUpload.
	StartUpload(ctx context.Context, key string, opts PutOptions) (upload string, err error)
	// PutPart uploads a part, counted from 1. The tag is for FinishUpload.
	PutPart(ctx context.Context, part ObjectPart, data []byte) (tag string, err error)
	// CopyPart makes a part of the bytes of another object, which must still be the one described.
	CopyPart(ctx context.Context, part ObjectPart, from Object, offset, length int64) (tag string, err error)
	// FinishUpload makes the object of its parts, with the options that the upload was started with.
	FinishUpload(ctx context.Context, key, upload string, tags []string, opts PutOptions) error
	// AbortUpload drops the parts.
	AbortUpload(ctx context.Context, key, upload string) error
	// Uploads gives a page of the uploads that are neither finished nor aborted.
	Uploads(ctx context.Context, prefix, token string) (uploads []ObjectUpload, next string, err error)
}

// An Object is what a cloud says of an object.
type Object struct {
	Key     string
	Size    int64
	ModTime time.Time
	ETag    string
	Token   string // of the put that made it; a listing does not tell it
}

// GetOptions says what to read of an object. The zero value is all of it.
type GetOptions struct {
	Offset int64
	Length int64  // 0: to the end
	Last   int64  // more than 0: the last so many bytes, instead of an offset
	ETag   string // not empty: of this version of it, else FaultCondition
}

// PutOptions says how an object comes into being.
type PutOptions struct {
	IfAbsent bool   // if the key is there: FaultCondition
	Token    string // kept beside the object
}

// An ObjectQuery asks for keys.
type ObjectQuery struct {
	Prefix     string
	StartAfter string // only keys greater than this one
	Folders    bool   // keys that have a "/" behind the prefix are told as one, up to it
	Token      string // of the page before; what stands above is then the same as there
	Max        int    // of keys; 0: as the cloud likes
}

// An ObjectPage is a part of a listing.
type ObjectPage struct {
	Objects []Object
	Folders []string // with their "/"
	Next    string   // the token of the next page; empty: this is the last
}

// An ObjectPart is a place in an upload.
type ObjectPart struct {
	Key    string
	Upload string
	Number int
}

// An ObjectUpload is one that is under way, or was forgotten.
type ObjectUpload struct {
	Key     string
	Upload  string
	Started time.Time
}

// ObjectLimits is what a cloud can hold.
type ObjectLimits struct {
	KeyBytes   int   // of a key
	PartBytes  int64 // the least size of a part that is not the last
	CopyBytes  int64 // the greatest part that CopyPart makes
	Parts      int   // of an upload
	DeleteKeys int   // of one request
}

// A Fault is what decides about a request that failed.
type Fault uint8

// The faults.
const (
	FaultOther     Fault = iota // it will fail again
	FaultUnknown                // no answer, or none that says so: it may have been done
	FaultBusy                   // the cloud asks for patience; it may have been done all the same
	FaultExpired                // the credentials have run out, or the clocks differ: the next attempt has others
	FaultRace                   // another request for the key is under way: it was not done
	FaultCondition              // the condition does not hold
	FaultAbsent                 // there is no such object
	FaultNoUpload               // there is no such upload
	FaultRange                  // the object has no such bytes
	FaultDenied                 // it is not allowed
)

// An ObjectError is a request that failed.
type ObjectError struct {
	Fault Fault
	After time.Duration // not to be repeated sooner
	Err   error
}

// Error is the cloud's own text.
func (e *ObjectError) Error() string { return e.Err.Error() }

// Unwrap is the cloud's own error.
func (e *ObjectError) Unwrap() error { return e.Err }
