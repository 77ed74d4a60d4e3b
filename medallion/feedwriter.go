package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/connector/kafka"
	"lakehouse/internal/connector/noop"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
)

// saveFeed writes a frame to Kafka, or nowhere; ok says whether the writer's format is one of these.
func (w DataFrameWriter) saveFeed(ctx context.Context) (ok bool, err error) {
	switch strings.ToLower(w.format) {
	case "kafka":
		return true, w.saveKafka(ctx)
	case "noop":
		return true, w.saveNoop(ctx)
	}
	return false, nil
}

func (w DataFrameWriter) saveKafka(ctx context.Context) error {
	if w.mode == saveOverwrite || w.mode == saveIgnore {
		mode := map[saveMode]string{saveOverwrite: "Overwrite", saveIgnore: "Ignore"}[w.mode]
		return errclass.KafkaSaveMode.New("Save mode %s not allowed for Kafka. Allowed save modes are Append and ErrorIfExists (default).", mode)
	}
	sink, _, err := kafka.ParseWriteOptions(ctx, w.options, nil, w.frame.session.kafkaEnv())
	if err != nil {
		return err
	}
	defer sink.Close()
	op, err := w.frame.operator(ctx)
	if err != nil {
		return err
	}
	_, err = sink.Write(ctx, 0, op)
	return err
}

func (w DataFrameWriter) saveNoop(ctx context.Context) error {
	if _, err := (option.Table{}).Parse(w.options); err != nil {
		return err
	}
	if w.mode != saveOverwrite && w.mode != saveAppend {
		return errclass.UnsupportedFeature.New("noop is written with mode append or overwrite.")
	}
	op, err := w.frame.operator(ctx)
	if err != nil {
		return err
	}
	_, err = noop.Sink{Workers: w.frame.session.confInt(confWorkers)}.Write(ctx, 0, op)
	return err
}

// startKafka starts a query into topics.
func (w DataStreamWriter) startKafka(ctx context.Context) (*StreamingQuery, error) {
	sink, _, err := kafka.ParseWriteOptions(ctx, w.options, streamOptions, w.frame.session.kafkaEnv())
	if err != nil {
		return nil, err
	}
	opts, node, err := w.prepare(ctx, kafka.SinkOptionTable)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, true)
	if err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(context.Context, string) (stream.Sink, error) { return sink, nil })
}

// startNoop starts a query whose rows are forgotten.
func (w DataStreamWriter) startNoop(ctx context.Context) (*StreamingQuery, error) {
	opts, node, err := w.prepare(ctx, nil)
	if err != nil {
		return nil, err
	}
	cp, err := w.checkpoint(opts, false)
	if err != nil {
		return nil, err
	}
	return w.start(ctx, node, cp, func(context.Context, string) (stream.Sink, error) {
		return noop.Sink{Workers: w.frame.session.confInt(confWorkers)}, nil
	})
}
