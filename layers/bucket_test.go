package layers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
	"lakehouse/volumes/volumestest"
)

// bucketStore opens a lake in a server's bucket.
func bucketStore(t *testing.T, opts s3.Options) volumes.Store {
	t.Helper()
	return storeAt(t, "s3://"+s3test.Bucket, opts)
}

func storeAt(t *testing.T, root string, opts s3.Options) volumes.Store {
	t.Helper()
	store, err := s3.Open(t.Context(), root+"/lake", opts)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// The straight path, landing to gold with an archive, gives on a bucket what it gives on a disk; and how many requests it takes is no
// surprise.
func TestPipelineRunsOnABucket(t *testing.T) {
	files := crashFiles(t)
	disk := volumestest.NewMemory()
	if err := pipelineRun(t.Context(), disk, files); err != nil {
		t.Fatal(err)
	}
	server := s3test.New(t)
	store := bucketStore(t, server.Options())
	if err := pipelineRun(t.Context(), store, files); err != nil {
		t.Fatal(err)
	}
	if got, want := result(t, store), result(t, disk); got != want {
		t.Errorf("on a bucket:\n%s\non a disk:\n%s", got, want)
	}
	server.Forget()
	more := map[string][]byte{"invoices_4.json": invoicesOf(t, 4, 3, 7)}
	if err := pipelineRunOf(t.Context(), store, more, [][]string{{"invoices_4.json"}}); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range server.Requests() {
		counts[r.Op]++
	}
	var text []string
	for _, op := range slices.Sorted(maps.Keys(counts)) {
		text = append(text, fmt.Sprintf("%s %d", op, counts[op]))
	}
	t.Logf("one file, four layers started, a batch each, in a new session: %d requests: %s", len(server.Requests()), strings.Join(text, ", "))
	if n := len(server.Requests()); n > 400 {
		t.Errorf("%d requests", n)
	}
}

// One in ten requests going wrong, a run ends as if none did, without a restart.
func TestPipelineGetsOverABadNetwork(t *testing.T) {
	files := crashFiles(t)
	faults := []s3test.Fault{{Before: true}, {After: true}, {Before: true, Status: 503, Code: "SlowDown"}, {After: true, Status: 500, Code: "InternalError"}, {CutBody: 20}}
	clean := s3test.New(t)
	if err := pipelineRun(t.Context(), bucketStore(t, clean.Options()), files); err != nil {
		t.Fatal(err)
	}
	server := s3test.New(t)
	server.Fail(func(r s3test.Request) s3test.Fault {
		if r.N%10 == 7 {
			return faults[r.N/10%len(faults)]
		}
		return s3test.Fault{}
	})
	store := bucketStore(t, server.Options())
	if err := pipelineRun(t.Context(), store, files); err != nil {
		t.Fatal(err)
	}
	server.Fail(nil)
	if got, want := result(t, store), result(t, bucketStore(t, clean.Options())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The same on a server that is another program, of which two processes serve one bucket.
func TestLivePipelineRunsOnGateways(t *testing.T) {
	files := crashFiles(t)
	disk := volumestest.NewMemory()
	if err := pipelineRun(t.Context(), disk, files); err != nil {
		t.Fatal(err)
	}
	gateways := s3test.Gateways(t, 2)
	if err := pipelineRunOf(t.Context(), storeAt(t, gateways[0].Root, gateways[0].Options()), files, oneByOne[:2]); err != nil {
		t.Fatal(err)
	}
	gateways[0].Kill(t)
	store := storeAt(t, gateways[1].Root, gateways[1].Options())
	if err := pipelineRun(t.Context(), store, files); err != nil {
		t.Fatal(err)
	}
	if got, want := result(t, store), result(t, disk); got != want {
		t.Errorf("on a gateway:\n%s\non a disk:\n%s", got, want)
	}
}
