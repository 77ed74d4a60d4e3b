package exec

// A reservation is what one operator's goroutine holds of the session's memory.
type reservation struct {
	memory   *Memory
	operator string
	held     int64
}

// reservationStep keeps operators from asking for every few bytes.
const reservationStep = 64 << 10

// hold makes the reservation n bytes large.
func (r *reservation) hold(n int64) error {
	if more := n - r.held; more > 0 {
		more = max(more, reservationStep)
		if err := r.memory.Reserve(r.operator, more); err != nil {
			return err
		}
		r.held += more
	}
	return nil
}

// add makes the reservation larger.
func (r *reservation) add(n int64) error { return r.hold(r.held + n) }

func (r *reservation) release() {
	r.memory.Release(r.held)
	r.held = 0
}
