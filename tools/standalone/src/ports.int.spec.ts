import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { checkPorts } from './ports';

test('a port in use is named, with what to do; a free one passes', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const wanted = { port, host: '127.0.0.1', service: 'storage' };
  await expect(checkPorts([wanted])).rejects.toThrow(
    `Port ${port}, which the storage service needs, is in use. Stop what uses it, or choose other ports, for example with --port 9080.`,
  );
  server.close();
  await once(server, 'close');
  await checkPorts([wanted]);
});

test('an address that is not of this machine', async () => {
  await expect(checkPorts([{ port: 0, host: '192.0.2.1', service: 'gateway' }])).rejects.toThrow(
    'HOST=192.0.2.1 is not an address of this machine.',
  );
});
