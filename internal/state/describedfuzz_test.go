package state

import "testing"

// Metadata of an operator may be anything: they are an error, or stores with names and partitions that make sense.
func FuzzDecodeOperatorInfo(f *testing.F) {
	f.Add([]byte(`v1` + "\n" + `{"operatorInfo":{"operatorId":0,"operatorName":"dedupe"},"stateStoreInfo":[{"storeName":"default","numColsPrefixKey":0,"numPartitions":5}]}`))
	f.Add([]byte(`v2` + "\n" + `{"operatorInfo":{"operatorId":0,"operatorName":"transformWithStateExec"},"stateStoreInfo":[{"storeName":"count","numColsPrefixKey":0,"numPartitions":5}],"operatorPropertiesJson":"{\"timeMode\":\"NoTime\"}"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := decodeOperatorInfo("metadata", data)
		if err != nil {
			return
		}
		for _, s := range info.Stores {
			if s.Partitions < 1 || s.Name == "" || s.Name == ".." {
				t.Errorf("%q gives the store %+v", data, s)
			}
		}
		_, _ = ParseTransformProperties(info.Properties)
	})
}
