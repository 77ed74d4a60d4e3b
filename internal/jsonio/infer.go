package jsonio

// InferOptions says how types are inferred.
type InferOptions struct {
	SamplingRatio      float64 // 0: all records
	PrimitivesAsString bool
	PrefersDecimal     bool
	DropAllNull        bool
	Timestamps         bool
}
