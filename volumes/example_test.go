package volumes_test

import (
	"fmt"
	"os"

	"lakehouse/volumes"
)

// A name becomes a place, and the place has one URI.
func ExampleSpace_Resolve() {
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	space, err := volumes.NewSpace(root)
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"/Volumes/main/sales/landing/a b.json", "dbfs:/mnt/data/", "/Volumes/main/sales/landing/../../secret"} {
		at, err := space.Resolve(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(at.Key, at.URI)
	}
	// Output:
	// Volumes/main/sales/landing/a b.json file:///Volumes/main/sales/landing/a%20b.json
	// mnt/data file:///mnt/data
	// [INVALID_PATH] the path "/Volumes/main/sales/landing/../../secret" cannot be used: ".." leads out of its volume.
}
