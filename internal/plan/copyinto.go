package plan

// CopyInto is COPY INTO table FROM path FILEFORMAT = ….
type CopyInto struct {
	At            *Span
	Table         []string
	Columns       []string
	ByPosition    bool
	Path          string
	Select        []Expression // over the files' columns; nil: all of them
	Format        string       // lower case
	Validate      *Validate    // nil: the files are loaded
	Files         []string     // below Path; nil: all
	Pattern       string       // a glob below Path; empty: all
	FormatOptions map[string]string
	CopyOptions   map[string]string
}

// Validate is VALIDATE: the rows are looked at, and not written.
type Validate struct{ Rows int64 } // 0: all

func (*CopyInto) isStatement() {}
func (*CopyInto) isCommand()   {}
