// Package s3 opens buckets of Amazon S3, and of stores that speak its protocol, as stores of package volumes.
//
//	store, err := s3.Open(ctx, "s3://bucket/lake/orders", s3.Options{})
//	table := deltalog.Open(store, deltalog.Options{})
//
// The zero [Options] take region and credentials from where the AWS tools have them: the environment (AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_PROFILE, AWS_ENDPOINT_URL …), the shared configuration files, a web identity, the container or the machine. A program written for
// Spark has its settings by Hadoop's names: [Hadoop] makes options of them.
//
// The package is the protocol of one cloud, request by request (protocol.go), and what is to be said to reach it. Repeating, reading ahead,
// uploading in parts and everything else that makes a store of it is [volumes.ObjectStore].
//
// Secrets are in no error and no text that the package makes.
package s3
