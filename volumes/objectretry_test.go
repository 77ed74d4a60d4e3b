package volumes

import (
	"context"
	"errors"
	"testing"
	"time"
)

// impatient is a patience whose clock is the test's.
func impatient(attempts int) (p *patience, slept *[]time.Duration) {
	p = newPatience(attempts, time.Minute)
	slept = &[]time.Duration{}
	p.random = func() float64 { return 1 }
	p.sleep = func(_ context.Context, d time.Duration) error {
		*slept = append(*slept, d)
		return nil
	}
	return p, slept
}

func TestPatienceDoublesItsWaits(t *testing.T) {
	p, slept := impatient(5)
	busy := &ObjectError{Fault: FaultBusy, Err: errors.New("slow down")}
	asked := 0
	err := p.try(t.Context(), 0, func(context.Context) error {
		asked++
		return busy
	})
	if !errors.Is(err, busy.Err) || asked != 5 {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	want := []time.Duration{50, 100, 200, 400}
	for i, d := range *slept {
		if d != want[i]*time.Millisecond {
			t.Errorf("wait %d: %v, want %v ms", i, d, want[i])
		}
	}
}

func TestPatienceWaitsAsLongAsItIsAsked(t *testing.T) {
	p, slept := impatient(3)
	asked := 0
	err := p.try(t.Context(), 0, func(context.Context) error {
		if asked++; asked == 1 {
			return &ObjectError{Fault: FaultBusy, After: 7 * time.Second, Err: errors.New("slow down")}
		}
		return nil
	})
	if err != nil || asked != 2 || (*slept)[0] != 7*time.Second {
		t.Fatalf("asked %d times, slept %v, %v", asked, *slept, err)
	}
}

func TestPatienceKnowsWhatIsFinal(t *testing.T) {
	for fault, again := range map[Fault]bool{
		FaultOther: false, FaultAbsent: false, FaultCondition: false, FaultDenied: false, FaultNoUpload: false, FaultRange: false,
		FaultUnknown: true, FaultBusy: true, FaultExpired: true, FaultRace: true,
	} {
		p, _ := impatient(2)
		asked := 0
		_ = p.try(t.Context(), 0, func(context.Context) error {
			asked++
			return &ObjectError{Fault: fault, Err: errors.New("no")}
		})
		if again != (asked == 2) {
			t.Errorf("fault %d: asked %d times", fault, asked)
		}
	}
}

// When a store fails as a whole, requests are repeated only as often as the budget allows, however many there are.
func TestPatienceHasABudget(t *testing.T) {
	p, _ := impatient(8)
	asked := 0
	for range 1000 {
		_ = p.try(t.Context(), 0, func(context.Context) error {
			asked++
			return &ObjectError{Fault: FaultBusy, Err: errors.New("slow down")}
		})
	}
	if most := 1000 + fullBudget/retryCost; asked > most {
		t.Fatalf("1000 requests were sent %d times, want at most %d", asked, most)
	}
	for range fullBudget {
		_ = p.try(t.Context(), 0, func(context.Context) error { return nil })
	}
	asked = 0
	_ = p.try(t.Context(), 0, func(context.Context) error {
		asked++
		return &ObjectError{Fault: FaultBusy, Err: errors.New("slow down")}
	})
	if asked != 8 {
		t.Fatalf("after it went well again a request was sent %d times, want 8", asked)
	}
}

func TestPatienceEndsWithItsContext(t *testing.T) {
	p, _ := impatient(8)
	ctx, cancel := context.WithCancel(t.Context())
	err := p.try(ctx, 0, func(context.Context) error {
		cancel()
		return &ObjectError{Fault: FaultUnknown, Err: errors.New("cut")}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
