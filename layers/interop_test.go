package layers

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pythonWith is an interpreter that has modules: $LAKEHOUSE_PYTHON, or python3. The test is skipped without.
func pythonWith(t testing.TB, modules ...string) string {
	t.Helper()
	for _, name := range []string{os.Getenv("LAKEHOUSE_PYTHON"), "python3"} {
		if name != "" && exec.Command(name, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return name
		}
	}
	t.Skipf("no python with %s: install by pip, or name one by LAKEHOUSE_PYTHON", strings.Join(modules, " and "))
	return ""
}
