package layers

import (
	"context"

	"lakehouse/medallion"
)

// SalesBase is the volume of the sales pipeline.
const SalesBase = "/Volumes/dataops_dev/schema_test/volume_test/delta_tables"

// Sales is three independent queries on one folder of multi-line JSON. Silver and gold are built on the bronze
// frame, not on the bronze table: each reads the files itself, in no order with the others.
func Sales() Pipeline {
	return Pipeline{
		Name:    "sales",
		Default: Settings{Source: SalesBase + "/json/", Checkpoint: SalesBase},
		Prepare: func(ctx context.Context, s *medallion.Session) error { return s.FS().Mkdirs(ctx, SalesBase+"/json") },
		Layers: []Layer{
			{Name: "bronze_sales", Kind: "bronze", Table: "bronze_sales_spark2", Query: bronzeSales},
			{Name: "silver_sales", Kind: "silver", Table: "silver_sales_spark2", Query: silverSales},
			{Name: "gold_sales_summary_spark", Kind: "gold", Table: "gold_sales_summary_spark2", Query: goldSales},
		},
	}
}

// salesFrame is what all three queries begin with: rows without a null.
func salesFrame(ctx context.Context, s *medallion.Session, set Settings) (*medallion.DataFrame, error) {
	reader := s.ReadStream().Format("cloudFiles").
		Option("cloudFiles.format", "json").
		Option("multiLine", "true").
		Schema("Id int, name string, age int, money int, sales int, units int")
	frame, err := set.limited(reader).Load(ctx, set.Source)
	if err != nil {
		return nil, err
	}
	return frame.NaDrop(), nil
}

func bronzeSales(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	frame, err := salesFrame(ctx, s, set)
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	return frame.WriteStream().Format("delta").QueryName("bronze_sales").OutputMode("append").Trigger(set.Trigger).
		Option("checkpointLocation", set.Checkpoint+"/checkpoints_bronze_spark"), nil
}

// positiveMoney is the silver frame.
func positiveMoney(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.Filter(medallion.Col("money").Gt(0)).Select(medallion.Col("Id"), medallion.Col("money").Cast("double"))
}

func silverSales(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	frame, err := salesFrame(ctx, s, set)
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	return positiveMoney(frame).WriteStream().Format("delta").QueryName("silver_sales").OutputMode("append").Trigger(set.Trigger).
		Option("checkpointLocation", set.Checkpoint+"/checkpoints_silver_spark"), nil
}

func goldSales(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	frame, err := salesFrame(ctx, s, set)
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	return positiveMoney(frame).GroupBy(medallion.Col("Id")).Agg(medallion.Sum(medallion.Col("money")).Alias("total_money")).
		WriteStream().Format("delta").QueryName("gold_sales_summary_spark").OutputMode("complete").Trigger(set.Trigger).
		Option("checkpointLocation", set.Checkpoint+"/checkpoints_golden_spark"), nil
}
