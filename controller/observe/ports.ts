import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import type { HostPort, HostPorts } from '../model/ports.ts';

/**
 * Asks the kernel by binding and letting go. Only "in use" is a no: a port that we may not bind
 * (below 1024, as a plain user) the engine may, and an address that this host does not have is the
 * engine's to refuse, in its own words.
 */
export const createHostPorts = (): HostPorts => ({
  free: async (ports) => {
    const answers: boolean[] = [];
    // One after the other: a port asked for twice must not be in use by our own test.
    for (const port of ports) answers.push(await isFree(port));
    return answers;
  },
});

const isFree = async (port: HostPort): Promise<boolean> => {
  const error = await (port.protocol === 'tcp' ? bindTcp(port) : bindUdp(port));
  return error?.code !== 'EADDRINUSE';
};

const bindTcp = ({ hostIp, port }: HostPort): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    // The engine binds IPv4 and IPv6 apart; a dual-stack socket would mistake one for the other.
    server.listen({ host: hostIp, port, ipv6Only: isIPv6(hostIp), exclusive: true }, () =>
      server.close(() => resolve(null)),
    );
  });

const bindUdp = ({ hostIp, port }: HostPort): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const ipv6 = isIPv6(hostIp);
    const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 });
    socket.once('error', (error) => socket.close(() => resolve(error)));
    socket.bind({ address: hostIp, port, exclusive: true }, () =>
      socket.close(() => resolve(null)),
    );
  });
