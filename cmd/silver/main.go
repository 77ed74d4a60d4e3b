// Command silver runs the silver layer of a pipeline until it is stopped.
package main

import (
	"os"

	"lakehouse/internal/layercmd"
)

func main() { os.Exit(layercmd.Main("silver")) }
