package stream

import "testing"

// A trigger that is read is written as one that reads the same.
func FuzzParseTrigger(f *testing.F) {
	for _, seed := range []string{"", "default", "Once", "availableNow", "10 seconds", "1 hour 5 minutes", "-1 second", "5", "1e9 days", "9223372036854775807 ms"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trigger, err := ParseTrigger(text)
		if err != nil {
			return
		}
		if again, err := ParseTrigger(trigger.String()); err != nil || again != trigger {
			t.Fatalf("%q is %v, which is read as %v, %v", text, trigger, again, err)
		}
	})
}
