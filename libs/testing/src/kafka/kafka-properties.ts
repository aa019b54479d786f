/** Where a broker listens and keeps its log. Both listeners are on the loopback address only. */
export interface BrokerPlace {
  readonly dataDirectory: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Whether a topic that somebody asks for is made, as many brokers do. Default false. */
  readonly autoCreateTopics?: boolean;
  readonly secure?: SecurePlace;
}

/** Two more listeners of a broker, with TLS. Clients reach them as `localhost`, and the certificate has to say so. */
export interface SecurePlace {
  /** PEM file: private key (PKCS #8) and certificate. */
  readonly keyStore: string;
  /** PEM file: who may have signed the certificates of clients. */
  readonly trustStore: string;
  /** Asks for user and password: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly passwordPort: number;
  /** Asks for a certificate of the client. */
  readonly certificatePort: number;
  /** Known to PLAIN from the start. Letters and digits. */
  readonly user: { readonly name: string; readonly password: string };
}

/**
 * `server.properties` of one KRaft process that is broker and controller.
 * Internal topics have one replica (there is one broker) and few partitions (each is a folder made at first use).
 * After a kill the broker may register again once its old session has ended: 9 s by default, 3 s here.
 */
export function serverProperties(place: BrokerPlace): string {
  const { dataDirectory, port, controllerPort, autoCreateTopics = false, secure } = place;
  const listeners = listenersOf(secure);
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${listeners.map((one) => `,${one.name}://127.0.0.1:${one.port}`).join('')}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}${listeners.map((one) => `,${one.name}://localhost:${one.port}`).join('')}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${listeners.map((one) => `,${one.name}:${one.protocol}`).join('')}
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
${secure ? secureProperties(secure) : ''}`;
}

function listenersOf(secure: SecurePlace | undefined): { name: string; protocol: string; port: number }[] {
  if (!secure) return [];
  return [
    { name: 'PASSWORD', protocol: 'SASL_SSL', port: secure.passwordPort },
    { name: 'CERTIFICATE', protocol: 'SSL', port: secure.certificatePort },
  ];
}

function secureProperties({ keyStore, trustStore, user }: SecurePlace): string {
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  return `ssl.keystore.type=PEM
ssl.keystore.location=${keyStore}
ssl.truststore.type=PEM
ssl.truststore.location=${trustStore}
listener.name.certificate.ssl.client.auth=required
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_${user.name}="${user.password}";
listener.name.password.scram-sha-256.sasl.jaas.config=${scram}
listener.name.password.scram-sha-512.sasl.jaas.config=${scram}
`;
}
