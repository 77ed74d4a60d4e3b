package crashtest_test

import (
	"context"
	"errors"
	"testing"

	"lakehouse/medallion"
	"lakehouse/testsuite/crashtest"
)

// shop is a pipeline of two queries: files into a table, and the sums of that.
func shop(ctx context.Context, s *medallion.Session) error {
	for _, f := range [][2]string{{"a", `{"name":"lamp","price":20}`}, {"b", `{"name":"cup","price":5}`}} {
		if err := crashtest.Put(ctx, s, "/Volumes/shop/in/"+f[0]+".json", f[1]); err != nil {
			return err
		}
		files, err := s.ReadStream().Format("json").Schema("name string, price int").Load(ctx, "/Volumes/shop/in")
		if err != nil {
			return err
		}
		if err := finish(ctx, files, "append", "goods"); err != nil {
			return err
		}
		goods, err := s.ReadStream().Table(ctx, "goods")
		if err != nil {
			return err
		}
		if err := finish(ctx, goods.Agg(medallion.Sum(medallion.Col("price")).As("total")), "complete", "totals"); err != nil {
			return err
		}
	}
	return nil
}

func finish(ctx context.Context, frame *medallion.DataFrame, mode, table string) error {
	q, err := frame.WriteStream().OutputMode(mode).Option("checkpointLocation", "/Volumes/shop/cp/"+table).Trigger(medallion.AvailableNow()).ToTable(ctx, table)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

var shopScenario = crashtest.Scenario{Run: shop, Result: crashtest.Rows("SELECT * FROM goods", "SELECT * FROM totals"), Every: 7}

func TestShopSurvivesKills(t *testing.T) { crashtest.Kill(t, shopScenario) }
func TestShopSurvivesPowerCuts(t *testing.T) {
	sc := shopScenario
	sc.Every = 41
	crashtest.CutPower(t, sc)
}
func TestShopSurvivesFailingDisks(t *testing.T) { crashtest.Fail(t, shopScenario) }

// A pipeline that keeps its progress nowhere is found out: a file that was read is read again.
func TestAPipelineThatForgetsIsFoundOut(t *testing.T) {
	err := errors.New("not told")
	failed := 0
	sc := crashtest.Scenario{
		Run: func(ctx context.Context, s *medallion.Session) error {
			if err := crashtest.Put(ctx, s, "/Volumes/in/a.json", `{"n":1}`); err != nil {
				return err
			}
			if _, err := s.SQL(ctx, "CREATE TABLE IF NOT EXISTS numbers (n int)"); err != nil {
				return err
			}
			_, err := s.SQL(ctx, "INSERT INTO numbers SELECT n FROM json.`/Volumes/in/a.json`")
			return err
		},
		Result: func(ctx context.Context, s *medallion.Session) (string, error) {
			text, e := crashtest.Rows("SELECT * FROM numbers")(ctx, s)
			if e == nil && text != "SELECT * FROM numbers\n[1]\n" {
				failed, err = failed+1, errors.New(text)
			}
			return "", e
		},
	}
	crashtest.Kill(t, sc)
	if failed == 0 {
		t.Errorf("no kill has shown that rows come twice: %v", err)
	}
}

// Exactly once, for a pipeline of one's own: the test runs it again for each operation on the storage, and the process dies there.
func ExampleKill() {
	test := func(t *testing.T) {
		crashtest.Kill(t, crashtest.Scenario{
			Run:    shop, // lets files arrive, starts the queries, waits for their ends
			Result: crashtest.Rows("SELECT * FROM goods", "SELECT * FROM totals"),
		})
	}
	_ = test
}
