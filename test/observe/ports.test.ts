import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createHostPorts } from '../../controller/observe/ports.ts';

const hostPorts = createHostPorts();

const listenTcp = async (host: string) => {
  const server = createServer().listen({ host, port: 0 });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
};

describe('the host ports', () => {
  it.each(['127.0.0.1', '0.0.0.0'])(
    'sees a TCP port in use on %s, and free afterwards',
    async (ip) => {
      const { server, port } = await listenTcp(ip);
      const asked = { hostIp: '127.0.0.1', port, protocol: 'tcp' as const };
      expect(await hostPorts.free([asked])).toEqual([false]);
      server.close();
      await once(server, 'close');
      expect(await hostPorts.free([asked, asked])).toEqual([true, true]);
    },
  );

  it('sees a port in use on loopback when all addresses are asked for', async () => {
    const { server, port } = await listenTcp('127.0.0.1');
    expect(await hostPorts.free([{ hostIp: '0.0.0.0', port, protocol: 'tcp' }])).toEqual([false]);
    server.close();
  });

  it('parts UDP from TCP', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    expect(
      await hostPorts.free([
        { hostIp: '127.0.0.1', port, protocol: 'udp' },
        { hostIp: '127.0.0.1', port, protocol: 'tcp' },
      ]),
    ).toEqual([false, true]);
    socket.close();
  });

  it('leaves it to the engine to refuse an address that the host does not have', async () => {
    const port = 1;
    expect(await hostPorts.free([{ hostIp: '192.0.2.1', port, protocol: 'tcp' }])).toEqual([true]);
    expect(await hostPorts.free([{ hostIp: '192.0.2.1', port, protocol: 'udp' }])).toEqual([true]);
  });
});
