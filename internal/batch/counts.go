package batch

// Counts says what became of the records of an input: Read is the sum of the whole ones, the Corrupt and the Dropped.
type Counts struct {
	Read    int64 // records found
	Corrupt int64 // kept as a row, with null for what could not be read
	Dropped int64 // left out by mode DROPMALFORMED
}

// Add counts others too.
func (c *Counts) Add(other Counts) {
	c.Read += other.Read
	c.Corrupt += other.Corrupt
	c.Dropped += other.Dropped
}

// Rows is how many rows were made of the records.
func (c Counts) Rows() int64 { return c.Read - c.Dropped }

// Clean tells that nothing was wrong with any record.
func (c Counts) Clean() bool { return c.Corrupt == 0 && c.Dropped == 0 }
