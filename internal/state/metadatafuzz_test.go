package state

import "testing"

// Metadata that passes is of the operator, and of a number of partitions that there can be.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte("v1\n" + `{"operatorInfo":{"operatorId":0,"operatorName":"stateStoreSave"},"stateStoreInfo":[{"storeName":"default","numColsPrefixKey":0,"numPartitions":2}]}`))
	f.Add([]byte("v1\n" + `{"operatorInfo":{"OPERATORNAME":"stateStoreSave"},"stateStoreInfo":[{"numPartitions":1000000000}]}`))
	f.Add([]byte("v2\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := checkMetadata("state/0/_metadata/metadata", data, Spec{Name: "stateStoreSave"})
		if err == nil && (n < 1 || n > maxPartitions) {
			t.Fatalf("%d partitions of %q", n, data)
		}
	})
}
