package testsuite

import "lakehouse/medallion"

// A MemoryStream is a source whose rows a test adds: see [medallion.MemoryStream].
type MemoryStream = medallion.MemoryStream

// NewMemoryStream makes a stream of columns given as DDL.
func NewMemoryStream(s *medallion.Session, ddl string) (*MemoryStream, error) {
	return s.MemoryStream(ddl)
}
