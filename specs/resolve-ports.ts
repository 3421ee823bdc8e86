import { isIP } from 'node:net';
import type { PortWish } from '../controller/model/environment.ts';
import { fault, type Path } from './fault.ts';
import type { Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecPort } from './types.generated.ts';

/** Where a port is bound unless the file says otherwise. */
export const defaultHostIp = '127.0.0.1';

export const portsOf = (
  ports: readonly SpecPort[],
  path: Path,
  report: Report,
): readonly PortWish[] => {
  const wishes = ports.map((port, index) => portOf(port, [...path, index], report));
  for (const [index, wish] of wishes.entries()) {
    const before = wishes.slice(0, index);
    const at = [...path, index];
    if (before.some((one) => one.container === wish.container && one.protocol === wish.protocol)) {
      const message = `container port ${wish.container}/${wish.protocol} is published twice`;
      report(fault('E_DUPLICATE_PORT', at, { message, hint: 'keep one of the two' }));
    } else if (before.some((one) => portsClash(one, wish))) {
      const message = `host port ${wish.host} is asked for twice`;
      report(fault('E_PORT_CLASH', at, { message, hint: 'change one, or write host: auto' }));
    }
  }
  return wishes;
};

/** Both cannot be bound at once: the same port at the same address, or at all addresses. */
export const portsClash = (a: PortWish, b: PortWish): boolean =>
  a.host !== 'auto' &&
  a.host === b.host &&
  a.protocol === b.protocol &&
  (a.hostIp === b.hostIp || isWildcard(a.hostIp) || isWildcard(b.hostIp));

const portOf = (port: SpecPort, path: Path, report: Report): PortWish => {
  const asked = askedPort(port);
  for (const number of [asked.container, asked.host]) {
    if (number === 'auto' || (number >= 1 && number <= 65_535)) continue;
    report(fault('E_RANGE', path, { message: 'a port must be 1 to 65535' }));
    break;
  }
  if (isIP(asked.hostIp) === 0) {
    const at = typeof port === 'object' ? [...path, 'ip'] : path;
    const message = `${quoted(asked.hostIp)} is not an IP address`;
    report(fault('E_FORMAT', at, { message, hint: 'write 127.0.0.1, 0.0.0.0 or another address' }));
  }
  return asked;
};

const askedPort = (port: SpecPort): PortWish => {
  if (typeof port === 'number') {
    return { container: port, protocol: 'tcp', host: port, hostIp: defaultHostIp };
  }
  if (typeof port === 'string') return textPort(port);
  const { container, host = container, ip = defaultHostIp, protocol = 'tcp' } = port;
  return { container, protocol, host, hostIp: ip };
};

/** `[[ip:]host:]container[/protocol]`, its form proven by the schema. */
const textPort = (text: string): PortWish => {
  const [address = '', protocol = 'tcp'] = text.split('/');
  const last = address.lastIndexOf(':');
  const container = Number(address.slice(last + 1));
  const before = last < 0 ? '' : address.slice(0, last);
  const middle = before.lastIndexOf(':');
  const host = before === '' ? String(container) : before.slice(middle + 1);
  const ip = middle < 0 ? defaultHostIp : before.slice(0, middle).replace(/^\[|\]$/g, '');
  return {
    container,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    host: host === 'auto' ? 'auto' : Number(host),
    hostIp: ip,
  };
};

const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || ip === '::';
