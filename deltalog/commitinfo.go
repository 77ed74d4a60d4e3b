package deltalog

import "encoding/json"

// UnmarshalJSON reads whatever a writer put into commitInfo, as far as it is understood.
func (c *CommitInfo) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*c = CommitInfo{
		Timestamp:         lenient[int64](fields["timestamp"]),
		InCommitTimestamp: lenient[int64](fields["inCommitTimestamp"]),
		UserID:            lenient[string](fields["userId"]), UserName: lenient[string](fields["userName"]),
		Operation:           lenient[string](fields["operation"]),
		OperationParameters: lenient[Parameters](fields["operationParameters"]),
		Job:                 object(fields["job"]), Notebook: object(fields["notebook"]),
		ClusterID:      lenient[string](fields["clusterId"]),
		ReadVersion:    lenient[*int64](fields["readVersion"]),
		IsolationLevel: lenient[string](fields["isolationLevel"]),
		IsBlindAppend:  lenient[*bool](fields["isBlindAppend"]),
		UserMetadata:   lenient[string](fields["userMetadata"]), EngineInfo: lenient[string](fields["engineInfo"]),
		TxnID: lenient[string](fields["txnId"]), OperationMetrics: metrics(fields["operationMetrics"]),
		Tags: lenient[map[string]string](fields["tags"]),
	}
	return nil
}

// lenient is the value, or the zero value where it is of another type.
func lenient[T any](raw json.RawMessage) T {
	var v, none T
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return none
	}
	return v
}

func object(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}

// metrics reads the texts that Spark writes, and the numbers of others as texts.
func metrics(raw json.RawMessage) map[string]string {
	values := lenient[map[string]json.RawMessage](raw)
	if values == nil {
		return nil
	}
	texts := make(map[string]string, len(values))
	for name, value := range values {
		text := string(value)
		if value[0] == '"' {
			text = lenient[string](value)
		}
		texts[name] = text
	}
	return texts
}
