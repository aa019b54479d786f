import { randomUUID } from 'node:crypto';
import { BlockList, isIPv6, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Caller } from './forwarded-headers';

/** Reads the caller of an upgrade, which Fastify does not see. The rules are those of Fastify's `trustProxy`. */
export function callerReader(trustedProxies: readonly string[]): (request: IncomingMessage) => Caller {
  const trusted = listOf(trustedProxies);
  const trusts = (address: string) => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return (request) => {
    const remote = plain(request.socket.remoteAddress ?? '0.0.0.0');
    const behindProxy = trusts(remote);
    const said = (name: string) => (behindProxy ? lastOf(request.headers[name]) : undefined);
    const path = (behindProxy ? listed(request.headers['x-forwarded-for']) : []).map(plain).reverse();
    return {
      ip: path.find((address) => !trusts(address)) ?? path.at(-1) ?? remote,
      host: said('x-forwarded-host') ?? request.headers.host ?? '',
      protocol:
        said('x-forwarded-proto') ??
        ((request.socket as Socket & { encrypted?: boolean }).encrypted ? 'https' : 'http'),
      requestId: randomUUID(),
    };
  };
}

function listOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** IPv4 addresses as they are written, also when a dual-stack socket gave them. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return listed(header).at(-1);
}
