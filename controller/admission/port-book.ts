import type { HostPort } from '../model/ports.ts';
import type { PortLease } from '../model/record.ts';

type Holder = Pick<PortLease, 'projectId' | 'environment'>;

/** Who has which host port, kept while one step goes through its requests. */
export interface PortBook {
  readonly of: (holder: Holder) => readonly PortLease[];
  /** The first of the holders but this one's own. */
  readonly takenBy: (port: HostPort, but: Holder) => PortLease | null;
  readonly replace: (holder: Holder, leases: readonly PortLease[]) => void;
}

export const portBook = (leases: readonly PortLease[]): PortBook => {
  const byHolder = new Map<string, PortLease[]>();
  const byPort = new Map<string, PortLease[]>();
  const add = (lease: PortLease): void => {
    listIn(byHolder, holderId(lease)).push(lease);
    listIn(byPort, portId(addressOf(lease))).push(lease);
  };
  for (const lease of leases) add(lease);
  return {
    of: (holder) => byHolder.get(holderId(holder)) ?? [],
    takenBy: (port, but) =>
      byPort
        .get(portId(port))
        ?.find(
          (lease) =>
            (lease.projectId !== but.projectId || lease.environment !== but.environment) &&
            collide(addressOf(lease), port),
        ) ?? null,
    replace: (holder, next) => {
      for (const lease of byHolder.get(holderId(holder)) ?? []) {
        const all = listIn(byPort, portId(addressOf(lease)));
        all.splice(all.indexOf(lease), 1);
      }
      byHolder.delete(holderId(holder));
      next.forEach(add);
    },
  };
};

export const addressOf = ({ hostIp, host, protocol }: PortLease): HostPort => ({
  hostIp,
  port: host,
  protocol,
});

/** The wildcard address takes a port on all of them. */
export const collide = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port &&
  a.protocol === b.protocol &&
  (a.hostIp === b.hostIp || isWildcard(a.hostIp) || isWildcard(b.hostIp));

const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || ip === '::';

const holderId = ({ projectId, environment }: Holder): string => `${projectId}/${environment}`;

const portId = ({ protocol, port }: HostPort): string => `${protocol} ${port}`;

const listIn = <T>(lists: Map<string, T[]>, key: string): T[] => {
  const before = lists.get(key);
  if (before !== undefined) return before;
  const made: T[] = [];
  lists.set(key, made);
  return made;
};
