package exec

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// join holds the rows of the right side in a hash table and streams the left past it. Without keys
// every row of the right is a candidate.
type join struct {
	left, right Operator
	node        *logical.Join
	schema      types.Struct
	env         *Env
}

func (j *join) Schema() types.Struct { return j.schema }

func (j *join) Execute(ctx context.Context, n int) []batch.Seq {
	run := &joinRun{join: j, target: types.ToArrowSchema(j.schema), pairs: j.pairSchema(), meeting: newRendezvous(n)}
	run.build = &joinBuild{join: j}
	return each(j.left.Execute(ctx, n), func(worker int, in batch.Seq) batch.Seq {
		return func(yield func(arrow.RecordBatch, error) bool) {
			p := &probe{joinRun: run, eval: j.env.eval(worker), yield: yield}
			err := p.run(ctx, in)
			run.meeting.arrive(err)
			if err == nil && j.keepsRight() {
				err = p.unmatchedRight(ctx, worker, n)
			}
			if err != nil && !errors.Is(err, errStopped) {
				yield(nil, err)
			}
			run.build.leave(n)
		}
	})
}

// keepsLeft and keepsRight say which sides keep rows without a partner.
func (j *join) keepsLeft() bool {
	return j.node.Type == plan.LeftOuterJoin || j.node.Type == plan.FullOuterJoin
}

func (j *join) keepsRight() bool {
	return j.node.Type == plan.RightOuterJoin || j.node.Type == plan.FullOuterJoin
}

// onlyLeft is for joins that give rows of the left alone.
func (j *join) onlyLeft() bool {
	return j.node.Type == plan.LeftSemiJoin || j.node.Type == plan.LeftAntiJoin
}

// pairSchema is the columns that the condition sees.
func (j *join) pairSchema() *arrow.Schema {
	all := append([]types.Field(nil), j.left.Schema().Fields...)
	return types.ToArrowSchema(types.Struct{Fields: append(all, j.right.Schema().Fields...)})
}

// A joinRun is one execution of a join.
type joinRun struct {
	*join
	target  *arrow.Schema
	pairs   *arrow.Schema
	build   *joinBuild
	meeting *rendezvous
}

// unmatchedRight waits until all left rows have been seen and gives a share of the right's rows that
// found no partner.
func (p *probe) unmatchedRight(ctx context.Context, worker, n int) error {
	if ok, err := p.meeting.wait(ctx); !ok {
		if err == nil {
			err = errStopped // another sequence tells
		}
		return err
	}
	var rows []int32
	for row := range p.build.rows.NumRows() {
		if int(row/batch.TargetRows)%n == worker && !p.build.matched.has(int(row)) {
			rows = append(rows, int32(row))
		}
	}
	for len(rows) > 0 {
		part := rows[:min(len(rows), batch.TargetRows)]
		rows = rows[len(part):]
		left := make([]arrow.Array, 0, len(p.schema.Fields))
		for _, f := range p.pairs.Fields()[:len(p.left.Schema().Fields)] {
			left = append(left, nulls(f.Type, len(part)))
		}
		columns := append(left, takeColumns(p.build.rows.Columns(), part)...)
		if !p.yield(newBatch(p.target, columns, len(part)), nil) {
			return errStopped
		}
	}
	return nil
}
