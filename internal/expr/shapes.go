package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The shapes below make kernels of functions over the values of one row, for all that is not hot
// enough to deserve a loop of its own. A null argument makes a null result; f sees values only.

// map1 is a function of one value.
func map1[A, R value](t types.Type, f func(a A) R) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		valid := validAll(n, args)
		out := make([]R, n)
		for i := range out {
			if valid.has(i) {
				out[i] = f(a[i&ai])
			}
		}
		return store(t, out, valid), nil
	}
}

// map2 is a function of two values.
func map2[A, B, R value](t types.Type, f func(a A, b B) R) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		valid := validAll(n, args)
		out := make([]R, n)
		for i := range out {
			if valid.has(i) {
				out[i] = f(a[i&ai], b[i&bi])
			}
		}
		return store(t, out, valid), nil
	}
}

// map3 is a function of three values.
func map3[A, B, C, R value](t types.Type, f func(a A, b B, c C) R) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		c, ci := operand[C](args[2])
		valid := validAll(n, args)
		out := make([]R, n)
		for i := range out {
			if valid.has(i) {
				out[i] = f(a[i&ai], b[i&bi], c[i&ci])
			}
		}
		return store(t, out, valid), nil
	}
}

// try1 is a function of one value that may fail, or, with ok false, give null.
func try1[A, R value](t types.Type, f func(ctx *Context, a A) (r R, ok bool, err error)) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		return tryRows(t, n, args, func(i int) (R, bool, error) { return f(ctx, a[i&ai]) })
	}
}

// try2 is try1 of two values.
func try2[A, B, R value](t types.Type, f func(ctx *Context, a A, b B) (r R, ok bool, err error)) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		return tryRows(t, n, args, func(i int) (R, bool, error) { return f(ctx, a[i&ai], b[i&bi]) })
	}
}

// try3 is try1 of three values.
func try3[A, B, C, R value](t types.Type, f func(ctx *Context, a A, b B, c C) (r R, ok bool, err error)) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		c, ci := operand[C](args[2])
		return tryRows(t, n, args, func(i int) (R, bool, error) { return f(ctx, a[i&ai], b[i&bi], c[i&ci]) })
	}
}

func tryRows[R value](t types.Type, n int, args []Vector, f func(i int) (R, bool, error)) (arrow.Array, error) {
	valid := validAll(n, args)
	out := make([]R, n)
	result := valid
	owned := false
	for i := range out {
		if !valid.has(i) {
			continue
		}
		r, ok, err := f(i)
		if err != nil {
			return nil, err
		}
		if ok {
			out[i] = r
			continue
		}
		if !owned {
			owned = true
			if result = valid.clone(); valid == nil {
				result = fullMask(n)
			}
		}
		result.clear(i)
	}
	return store(t, out, result), nil
}

// text1 appends text made from one value; ok false makes a null.
func text1[A value](f func(dst []byte, a A) ([]byte, bool)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			out, ok := f(dst, a[i&ai])
			return out, ok, nil
		})
	}
}

// text2 is text1 of two values.
func text2[A, B value](f func(dst []byte, a A, b B) ([]byte, bool)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			out, ok := f(dst, a[i&ai], b[i&bi])
			return out, ok, nil
		})
	}
}

// text3 is text1 of three values.
func text3[A, B, C value](f func(dst []byte, a A, b B, c C) ([]byte, bool)) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		a, ai := operand[A](args[0])
		b, bi := operand[B](args[1])
		c, ci := operand[C](args[2])
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			out, ok := f(dst, a[i&ai], b[i&bi], c[i&ci])
			return out, ok, nil
		})
	}
}

// textRows appends the text of each row where all arguments have a value.
func textRows(t types.Type, n int, args []Vector, f func(dst []byte, i int) ([]byte, bool, error)) (arrow.Array, error) {
	valid := validAll(n, args)
	b := newTextBuilder(n)
	b.data = make([]byte, 0, textSize(args, n))
	for i := range n {
		ok := valid.has(i)
		if ok {
			var err error
			if b.data, ok, err = f(b.data, i); err != nil {
				return nil, err
			}
			if len(b.data) > math.MaxInt32 { // what the offsets of a column can say
				return nil, errclass.CollectionTooLarge.New("Can't create a column of texts of more than %d bytes in one batch.", math.MaxInt32)
			}
		}
		b.end(ok)
	}
	return b.array(t), nil
}

// textSize guesses the bytes of a result from those of the first argument.
func textSize(args []Vector, n int) int {
	if len(args) == 0 || args[0].Const || n == 0 {
		return 16 * n
	}
	switch args[0].Values.(type) {
	case *array.String, *array.Binary:
		t := textsOf(args[0])
		return int(t.offsets[n] - t.offsets[0])
	}
	return 16 * n
}
