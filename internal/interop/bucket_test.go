package interop

import (
	"maps"
	"testing"

	"lakehouse/medallion"
	"lakehouse/volumes/s3/s3test"
)

// bucketLake is a lake in the bucket of a server that is another program, which the peers that are started from now on reach, too.
func bucketLake(t *testing.T) *lake {
	t.Helper()
	g := s3test.Gateways(t, 1)[0]
	environment := map[string]string{"AWS_ENDPOINT_URL": g.URL, "AWS_ALLOW_HTTP": "true", "AWS_EC2_METADATA_DISABLED": "true"}
	if opts := g.Options(); opts.AccessKey != "" { // else they are in the environment
		maps.Copy(environment, map[string]string{
			"AWS_REGION": opts.Region, "AWS_ACCESS_KEY_ID": opts.AccessKey, "AWS_SECRET_ACCESS_KEY": opts.SecretKey,
		})
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	root := g.Root + "/lake"
	return lakeAt(t, root, medallion.Options{Root: root, Conf: map[string]string{"fs.s3a.endpoint": g.URL, "fs.s3a.path.style.access": "true"}})
}

// Engines that keep conditional writes change one table in a bucket at a time: ours and delta-rs. All read the same of it. Spark, whose
// log store for S3 knows no conditions, writes when the others are done.
func TestInteropMixedEnginesOnABucket(t *testing.T) {
	l := bucketLake(t)
	peers := startPeers(t)
	t.Run("Append", func(t *testing.T) {
		l.mixEngines(t, peers, "append", []string{"delta-rs"}, nil, (*engine).appendRound)
	})
	t.Run("Change", func(t *testing.T) {
		l.mixEngines(t, peers, "change", []string{"delta-rs"}, nil, (*engine).changeRound)
	})
	t.Run("InTurn", func(t *testing.T) { l.mixInTurn(t, peers, "turns", []string{"delta-rs", "Spark"}, nil) })
	t.Run("InTurnByVectors", func(t *testing.T) {
		l.mixInTurn(t, peers, "vectors", []string{"Spark"}, map[string]string{"delta.enableDeletionVectors": "true"})
	})
}

// mixInTurn has each engine make its rounds while no other does.
func (l *lake) mixInTurn(t *testing.T, peers []*peer, name string, others []string, properties map[string]string) {
	at, engines := l.mixed(t, peers, name, others, properties)
	has := make([]map[int64]int64, len(engines))
	for n := range engines {
		has[n] = map[int64]int64{}
	}
	for i := range int64(*mixedRounds) {
		for n, e := range engines {
			if err := e.changeRound(i, has[n]); err != nil {
				t.Fatalf("%s, round %d: %v", e.name, i, err)
			}
		}
	}
	l.settled(t, peers, at, engines, has)
}
