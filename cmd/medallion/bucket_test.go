package main

import (
	"bytes"
	"strings"
	"testing"

	"lakehouse/volumes/s3/s3test"
)

// The programs work on a lake in a bucket, with settings from the command line.
func TestCommandsWorkOnABucket(t *testing.T) {
	server := s3test.New(t)
	var conf []string
	for name, value := range server.Conf() {
		conf = append(conf, "--conf", name+"="+value)
	}
	root := "s3://" + s3test.Bucket + "/lake"
	for _, c := range []struct {
		args string
		want string
	}{
		{"demo --pause 0s --dir " + root, "silver s3://test-bucket/lake/user/hive/warehouse/invoice_line_items"},
		{"demo --pause 0s --dir " + root, "going on where the last run stopped"},
		{"table history revenue_by_payment --root " + root, "STREAMING UPDATE"},
		{"stream ls --root " + root, "3 files of invoices"},
		{"checkpoint show /FileStore/spark_structured_streaming/chekpoint/invoices_bz --root " + root, "query id"},
	} {
		var out, errs bytes.Buffer
		if status := run(append(strings.Fields(c.args), conf...), strings.NewReader(""), &out, &errs); status != 0 {
			t.Fatalf("%s: status %d: %s", c.args, status, errs.String())
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: printed %s, want %q in it", c.args, out.String(), c.want)
		}
		if strings.Contains(out.String()+errs.String(), s3test.SecretKey) {
			t.Errorf("%s: a secret is printed", c.args)
		}
	}
}
