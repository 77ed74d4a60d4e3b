//go:build !linux

package volumes

// openBeneath is for Linux.
func openBeneath(string) (folder, bool) { return nil, false }
