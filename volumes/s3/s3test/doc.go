// Package s3test is a bucket of S3 within a test: a server on the loopback that speaks the protocol strictly, and fails when it is told to.
//
// It checks signatures, checksums and sizes of parts, keeps conditions, and lists in pages. A test sees every request ([Server.Requests]),
// and lets any of them go wrong ([Server.Fail]): before it is done, or after it was, so that only the answer is lost.
package s3test
