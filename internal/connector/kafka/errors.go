package kafka

import (
	"log/slog"

	"lakehouse/internal/errclass"
)

// dataLossText is what stands before the reason of every error of class KAFKA_DATA_LOSS.
const dataLossText = "Some data may have been lost because they are not available in Kafka any more;\n" +
	"either the data was aged out by Kafka or the topic may have been deleted before all the data in the\n" +
	"topic was processed.\n" +
	"If you don't want your streaming query to fail on such cases, set the source option failOnDataLoss to false.\n" +
	"Reason: "

const groupIDText = "Kafka option 'kafka.group.id' has been set on this query, it is\n" +
	"not recommended to set this option. This option is unsafe to use since multiple concurrent\n" +
	"queries or sources using the same group id will interfere with each other as they are part\n" +
	"of the same consumer group. Restarted queries may also suffer interference from the\n" +
	"previous run having the same group id. The user should have only one query per group id,\n" +
	"and/or set the option 'kafka.session.timeout.ms' to be very small so that the Kafka\n" +
	"consumers from the previous query are marked dead by the Kafka group coordinator before the\n" +
	"restarted query starts running."

const lossWarning = "Some data may have been lost because they are not available in Kafka any more; either the data was aged out by " +
	"Kafka or the topic may have been deleted before all the data in the topic was processed. If you want your streaming query to fail " +
	"on such cases, set the source option \"failOnDataLoss\" to \"true\"."

// onLoss is what a reader does about records that Kafka no longer has.
type onLoss struct {
	fail bool
	log  *slog.Logger
}

// report is the error, or a warning and nil.
func (l onLoss) report(loss *errclass.Error) error {
	if l.fail {
		return loss
	}
	l.log.Warn(lossWarning, "class", string(loss.Class), "reason", loss.Hint)
	return nil
}

// lost makes the error; the reason is its last part.
func lost(class errclass.Class, format string, args ...any) *errclass.Error {
	return class.New("%s", dataLossText[:len(dataLossText)-1]).WithHint(format, args...)
}

func partitionsDeleted(gone []topicPartition, groupID bool) *errclass.Error {
	if groupID {
		return lost(errclass.KafkaPartitionsDeletedGroup, "Partitions %s have been deleted.\n%s", setText(gone), groupIDText)
	}
	return lost(errclass.KafkaPartitionsDeleted, "Partitions %s have been deleted.", setText(gone))
}

func couldNotRead(from, until int64, p topicPartition, group string) *errclass.Error {
	return lost(errclass.KafkaOffsetRange, "Could not read records in offset [%d, %d) for topic partition %s\nwith consumer group %s.", from, until, p, group)
}
