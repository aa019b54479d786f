export { type KafkaBroker, type KafkaOptions, startKafka } from './kafka-broker';
export { KafkaMissingError, fetchKafka } from './kafka-distribution';
export {
  describeWithKafka,
  kafkaAvailable,
  offerTestKafka,
  testKafka,
  withdrawTestKafka,
} from './kafka-for-tests';
export { freePort } from './free-port';
export { type SecureKafka, startSecureKafka } from './secure-kafka';
