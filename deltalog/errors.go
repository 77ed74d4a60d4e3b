package deltalog

import "lakehouse/internal/errclass"

// The classes of errors that a program may want to tell apart: errors.Is(err, ErrTableNotFound).
const (
	ErrTableNotFound          = errclass.DeltaTableNotFound
	ErrTableAlreadyExists     = errclass.DeltaTableAlreadyExists
	ErrVersionNotFound        = errclass.DeltaVersionNotFound
	ErrVersionsNotContiguous  = errclass.DeltaLogGap
	ErrLogMalformed           = errclass.DeltaLogCorrupt
	ErrUnsupportedForRead     = errclass.DeltaUnsupportedRead
	ErrUnsupportedForWrite    = errclass.DeltaUnsupportedWrite
	ErrConcurrentAppend       = errclass.DeltaConcurrentAppend
	ErrConcurrentDeleteRead   = errclass.DeltaConcurrentDeleteRead
	ErrConcurrentDeleteDelete = errclass.DeltaConcurrentDeleteDelete
	ErrConcurrentTransaction  = errclass.DeltaConcurrentTransaction
	ErrMetadataChanged        = errclass.DeltaMetadataChanged
	ErrProtocolChanged        = errclass.DeltaProtocolChanged
)
