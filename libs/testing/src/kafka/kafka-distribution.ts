import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheDirectory } from '../cache-directory';

const KAFKA_VERSION = '4.1.1';
const OLDEST_JAVA = 17;

/** Kafka brings an slf4j 1.7 API and log4j 2.24 but no binding between them; without one it says nothing at all. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidewatch</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
`;

const LOG4J = `status=error
appender.console.type=Console
appender.console.name=STDOUT
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=STDOUT
logger.ready.name=kafka.server.KafkaRaftServer
logger.ready.level=info
`;

/** A Kafka that can be started: its jars, its log configuration and the Java that runs it. */
export interface KafkaDistribution {
  readonly directory: string;
  readonly javaMajor: number;
}

export type Progress = (line: string) => void;

/** Kafka cannot be had on this machine. The message says what is missing and what to do. */
export class KafkaMissingError extends Error {
  override readonly name = 'KafkaMissingError';
}

const kafkaCacheDirectory = (): string => cacheDirectory(`kafka-${KAFKA_VERSION}`);

/** The major version of `java` on the path, or null. */
function javaMajor(): number | null {
  try {
    const words = execFileSync('java', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/^\S+ (\d+)/.exec(words)?.[1] ?? 0);
  } catch {
    return null;
  }
}

function mavenRuns(): boolean {
  try {
    execFileSync('mvn', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why Kafka cannot be started here, or null. Looks at programs and the cache only, never at the network. */
export function missingForKafka(): string | null {
  const java = javaMajor();
  if (java === null) return `Java is not installed (Kafka needs ${OLDEST_JAVA} or newer, "java" on the path)`;
  if (java < OLDEST_JAVA) return `Java is version ${java}, Kafka needs ${OLDEST_JAVA} or newer`;
  if (!existsSync(kafkaCacheDirectory()) && !mavenRuns()) {
    return 'Maven ("mvn" on the path) is needed once, to fetch the jars of Kafka from Maven Central';
  }
  return null;
}

/**
 * The Kafka distribution of the cache; fetched with Maven on first use (about 55 MB).
 * Throws `KafkaMissingError` when Java, Maven or the jars cannot be had. Processes may call it at the same time.
 */
export async function fetchKafka(onProgress: Progress = () => undefined): Promise<KafkaDistribution> {
  const missing = missingForKafka();
  if (missing) throw new KafkaMissingError(missing);
  const directory = kafkaCacheDirectory();
  if (!existsSync(directory)) await fillCache(directory, onProgress);
  return { directory, javaMajor: javaMajor() ?? OLDEST_JAVA };
}

/** Fetches beside the final place and renames, so that a folder which exists is a folder which is whole. */
async function fillCache(directory: string, onProgress: Progress): Promise<void> {
  onProgress(`fetching Kafka ${KAFKA_VERSION} from Maven Central into ${directory} (about 55 MB, once)`);
  const staging = `${directory}.${process.pid}.partial`;
  await mkdir(staging, { recursive: true });
  try {
    await writeFile(path.join(staging, 'pom.xml'), POM);
    await writeFile(path.join(staging, 'log4j2.properties'), LOG4J);
    await runMaven(staging, onProgress);
    await rename(staging, directory).catch((error: unknown) => {
      // Another process was faster; its copy is as good.
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function runMaven(staging: string, onProgress: Progress): Promise<void> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';
  const flags = ['-B', '--strict-checksums', '-f', path.join(staging, 'pom.xml')];
  const target = [`-DoutputDirectory=${path.join(staging, 'libs')}`, '-DincludeScope=runtime'];
  const maven = spawn('mvn', [...flags, goal, ...target], { stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  let jars = 0;
  const read = (chunk: Buffer): void => {
    const text = chunk.toString();
    tail = (tail + text).slice(-2000);
    const before = jars;
    jars += text.match(/Downloaded from .*\.jar/g)?.length ?? 0;
    if (Math.floor(jars / 20) > Math.floor(before / 20)) onProgress(`  ${jars} jars`);
  };
  maven.stdout.on('data', read);
  maven.stderr.on('data', read);
  return new Promise((resolve, reject) => {
    maven.once('error', reject);
    maven.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new KafkaMissingError(`Maven could not fetch Kafka ${KAFKA_VERSION}:\n${tail}`));
    });
  });
}

/** The class path in a fixed order: an archive of classes (AppCDS) is bound to it. */
export function kafkaClassPath(distribution: KafkaDistribution): string {
  const libs = path.join(distribution.directory, 'libs');
  const jars = readdirSync(libs).filter((name) => name.endsWith('.jar'));
  return jars
    .sort()
    .map((name) => path.join(libs, name))
    .join(path.delimiter);
}
