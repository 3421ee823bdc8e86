import type { PortWish } from '../model/environment.ts';
import { serves } from '../model/lease.ts';
import type { HostPort } from '../model/ports.ts';
import type { PortLease } from '../model/record.ts';
import { wait, type AdmissionRequest, type GateAnswer, type Ledger } from './gate.ts';

type PortAnswer =
  | { readonly kind: 'admit'; readonly leases: readonly PortLease[] }
  | Extract<GateAnswer, { kind: 'wait' }>;

/** Gives each port of the request its host port; what it holds already it keeps. */
export const portGate = (request: AdmissionRequest, ledger: Ledger): PortAnswer => {
  const own = (lease: PortLease): boolean =>
    lease.projectId === request.projectId && lease.environment === request.environment;
  const others = ledger.leases.filter((lease) => !own(lease));
  const mine = ledger.leases.filter(own);
  const leases: PortLease[] = [];
  // Fixed ones first, so that an automatic choice never takes what the file names.
  const inOrder = [...request.ports].sort(
    (a, b) => Number(a.host === 'auto') - Number(b.host === 'auto'),
  );
  for (const port of inOrder) {
    const kept = mine.find(
      (lease) =>
        serves(lease, port) && !leases.some((other) => collide(address(other), address(lease))),
    );
    if (kept !== undefined) {
      leases.push(kept);
      continue;
    }
    const answer = choose(port, request, { ledger, taken: [...others, ...leases] });
    if ('kind' in answer) return answer;
    leases.push(answer);
  }
  return { kind: 'admit', leases };
};

const choose = (
  port: PortWish,
  request: AdmissionRequest,
  { ledger, taken }: { readonly ledger: Ledger; readonly taken: readonly PortLease[] },
): PortLease | Extract<GateAnswer, { kind: 'wait' }> => {
  const lease = (host: number): PortLease => ({
    projectId: request.projectId,
    environment: request.environment,
    container: port.container,
    protocol: port.protocol,
    hostIp: port.hostIp,
    host,
    auto: port.host === 'auto',
  });
  if (port.host !== 'auto') {
    const wanted = lease(port.host);
    const holder = taken.find((other) => collide(address(other), address(wanted)));
    if (holder !== undefined) {
      return wait('PortInUse', `${port.hostIp}:${port.host} is held by ${nameOf(holder, ledger)}`);
    }
    return ledger.busy.some((other) => collide(other, address(wanted)))
      ? wait('PortInUse', `${port.hostIp}:${port.host} is in use by something on this host`)
      : wanted;
  }
  for (let host = ledger.autoPorts.from; host <= ledger.autoPorts.to; host += 1) {
    const wanted = address(lease(host));
    if (
      !taken.some((other) => collide(address(other), wanted)) &&
      !ledger.busy.some((other) => collide(other, wanted))
    ) {
      return lease(host);
    }
  }
  return wait(
    'NoFreePort',
    `no port is free from ${ledger.autoPorts.from} to ${ledger.autoPorts.to}`,
  );
};

const nameOf = ({ projectId, environment }: PortLease, { projectName }: Ledger): string =>
  `${projectName(projectId)}/${environment}`;

const address = ({ hostIp, host, protocol }: PortLease): HostPort => ({
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
