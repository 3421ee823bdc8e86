import type { PortWish } from './environment.ts';
import type { PortLease } from './record.ts';

/** A lease that a port of the wish can keep: `auto` is content with whatever it was given before. */
export const serves = (lease: PortLease, port: PortWish): boolean =>
  lease.container === port.container &&
  lease.protocol === port.protocol &&
  lease.hostIp === port.hostIp &&
  (port.host === 'auto' || lease.host === port.host);
