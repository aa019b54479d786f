/** Where a broker listens and keeps its log. Both listeners are on the loopback address only. */
export interface BrokerPlace {
  readonly dataDirectory: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Whether a topic that somebody asks for is made, as many brokers do. Default false. */
  readonly autoCreateTopics?: boolean;
}

/**
 * `server.properties` of one KRaft process that is broker and controller.
 * Internal topics have one replica (there is one broker) and few partitions (each is a folder made at first use).
 * After a kill the broker may register again once its old session has ended: 9 s by default, 3 s here.
 */
export function serverProperties(place: BrokerPlace): string {
  const { dataDirectory, port, controllerPort, autoCreateTopics = false } = place;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${dataDirectory}
auto.create.topics.enable=${autoCreateTopics}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
`;
}
