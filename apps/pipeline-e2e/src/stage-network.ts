import { writeFileSync } from 'node:fs';

/** Ports of this machine by `host:port` as the Compose file knows them. */
export type Routes = Readonly<Record<string, number>>;

/**
 * Writes a script for `node --require` that gives a process the network of a Compose project: `connect` to `kafka:9092` reaches the port of this
 * machine which stands for it, and `listen` on 8081 takes the one that stands for that. Settings stay as they are in the file.
 */
export function writeStageNetwork(file: string, service: string, routes: Routes): void {
  const own = Object.entries(routes)
    .filter(([address]) => address.startsWith(`${service}:`))
    .map(([address, port]) => [address.slice(service.length + 1), port]);
  const local = own.map(([from, to]) => [`127.0.0.1:${String(from)}`, to]);
  writeFileSync(
    file,
    `const net = require('node:net');
const routes = ${JSON.stringify({ ...routes, ...Object.fromEntries(local) })};
const own = ${JSON.stringify(Object.fromEntries(own))};
const { connect } = net.Socket.prototype;
const { listen } = net.Server.prototype;
net.Socket.prototype.connect = function (...args) {
  if (typeof args[0] === 'number') args.splice(0, 2, { port: args[0], host: args[1] });
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = routes[\`\${options?.host}:\${options?.port}\`];
  if (port !== undefined) Object.assign(options, { host: '127.0.0.1', port });
  return connect.apply(this, args);
};
net.Server.prototype.listen = function (...args) {
  const port = own[args[0]?.port];
  if (port !== undefined) Object.assign(args[0], { host: '127.0.0.1', port });
  return listen.apply(this, args);
};
`,
  );
}
