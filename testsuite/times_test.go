package testsuite_test

import "time"

const minute = time.Minute

var midnight = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
