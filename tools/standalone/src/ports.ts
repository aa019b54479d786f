import { createServer } from 'node:net';
import { StartError, codeOf, messageOf } from './errors';

export interface WantedPort {
  readonly port: number;
  readonly host: string;
  readonly service: string;
}

/** Tries each port once. Throws `StartError` that names the first one which cannot be had and what to do about it. */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const { port, host, service } of wanted) {
    const fault = await tryPort(port, host);
    if (fault !== undefined) throw new StartError(explain(fault, { port, host, service }));
  }
}

function tryPort(port: number, host: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

function explain(fault: Error, { port, host, service }: WantedPort): string {
  const which = `Port ${port}, which the ${service} service needs,`;
  const advice = 'choose other ports, for example with --port 9080';
  switch (codeOf(fault)) {
    case 'EADDRINUSE':
      return `${which} is in use. Stop what uses it, or ${advice}.`;
    case 'EACCES':
      return `${which} is for administrators only: ${advice}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is not an address of this machine.`;
    default:
      return `${which} cannot be opened: ${messageOf(fault)}`;
  }
}
