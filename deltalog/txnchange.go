package deltalog

// Empty reports whether the transaction changes nothing: to commit it would make a version that differs from the one before only in
// its number.
func (x *Txn) Empty() bool {
	a := &x.actions
	return x.read != nil && a.Metadata == nil && a.Protocol == nil &&
		len(a.Adds)+len(a.Removes)+len(a.CDC)+len(a.Domains)+len(a.Transactions) == 0
}

// SetParameters replaces the operation's parameters, where they are known only once the table was read.
func (x *Txn) SetParameters(parameters Parameters) { x.op.Parameters = parameters }
