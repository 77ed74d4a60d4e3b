package volumes

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// A patience repeats requests that failed by no fault of theirs: after a random part of a time that doubles, and no more often than a
// budget allows, which all requests of a store share. When a cloud fails as a whole, few requests are repeated many times, and many
// not at all.
type patience struct {
	attempts int
	timeout  time.Duration // of an attempt without bytes
	first    time.Duration
	longest  time.Duration
	sleep    func(ctx context.Context, d time.Duration) error
	random   func() float64

	mu     sync.Mutex
	budget int
}

const (
	fullBudget = 500
	retryCost  = 5

	slowestBytes = 64 << 10 // a second; an attempt that is slower is given up
)

func newPatience(attempts int, timeout time.Duration) *patience {
	return &patience{
		attempts: attempts, timeout: timeout, first: 50 * time.Millisecond, longest: 20 * time.Second,
		sleep: sleep, random: rand.Float64, budget: fullBudget,
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// try makes a request that carries so many bytes until it is answered.
func (p *patience) try(ctx context.Context, bytes int, request func(ctx context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := p.once(ctx, bytes, request)
		if err == nil {
			p.earn()
			return nil
		}
		if again := p.again(ctx, attempt, err); again != nil {
			return again
		}
	}
}

func (p *patience) once(ctx context.Context, bytes int, request func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout+time.Duration(bytes/slowestBytes)*time.Second)
	defer cancel()
	return request(ctx)
}

// again waits for the next attempt; an error is the end of it.
func (p *patience) again(ctx context.Context, attempt int, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failed, ok := errors.AsType[*ObjectError](err)
	if !ok || !failed.Fault.passes() || attempt >= p.attempts || !p.spend() {
		return err
	}
	most := min(p.first<<min(attempt-1, 20), p.longest)
	return p.sleep(ctx, max(time.Duration(p.random()*float64(most)), min(failed.After, p.longest)))
}

// passes tells whether the same request may succeed later.
func (f Fault) passes() bool {
	switch f {
	case FaultUnknown, FaultBusy, FaultExpired, FaultRace:
		return true
	default:
		return false
	}
}

func (p *patience) spend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.budget < retryCost {
		return false
	}
	p.budget -= retryCost
	return true
}

func (p *patience) earn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budget = min(p.budget+1, fullBudget)
}

// faultOf is what decides about an error.
func faultOf(err error) Fault {
	if failed, ok := errors.AsType[*ObjectError](err); ok {
		return failed.Fault
	}
	return FaultOther
}
