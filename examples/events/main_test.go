package main

import (
	"testing"

	"lakehouse/examples/exampletest"
)

func TestGoldenOutput(t *testing.T) { exampletest.Check(t, events) }
