// Command bronze runs the bronze layer of a pipeline until it is stopped.
package main

import (
	"os"

	"lakehouse/internal/layercmd"
)

func main() { os.Exit(layercmd.Main("bronze")) }
