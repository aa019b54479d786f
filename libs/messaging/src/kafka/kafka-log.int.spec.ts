import { describeWithKafka } from '@tidewatch/testing';
import { describeMessageLog } from '../contract/describe-message-log';
import { createKafkaHarness } from '../contract/kafka-harness';

describeWithKafka('the Kafka driver', () => describeMessageLog('Kafka', createKafkaHarness));
