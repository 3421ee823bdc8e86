import type { PortWish } from '../model/environment.ts';
import { serves } from '../model/lease.ts';
import type { PortLease } from '../model/record.ts';
import { wait, type AdmissionRequest, type Denial, type Ledger } from './gate.ts';
import { addressOf, collide, type PortBook } from './port-book.ts';

type PortLedger = Pick<Ledger, 'busy' | 'projectName' | 'hidesNames' | 'autoPorts'>;

type PortAnswer = { readonly kind: 'admit'; readonly leases: readonly PortLease[] } | Denial;

/** Gives each port of the request its host port; what it holds already it keeps. */
export const portGate = (
  request: AdmissionRequest,
  book: PortBook,
  ledger: PortLedger,
): PortAnswer => {
  const mine = book.of(request);
  const leases: PortLease[] = [];
  // Fixed ones first, then those that were found before, so that a new choice takes neither.
  const turn = (port: PortWish): number =>
    port.host !== 'auto' ? 0 : mine.some((lease) => serves(lease, port)) ? 1 : 2;
  const inOrder = [...request.wish.ports].sort((a, b) => turn(a) - turn(b));
  for (const port of inOrder) {
    const kept = mine.find(
      (lease) =>
        serves(lease, port) && !leases.some((other) => collide(addressOf(other), addressOf(lease))),
    );
    if (kept !== undefined) {
      leases.push(kept);
      continue;
    }
    const answer = choose(port, request, { ledger, book, chosen: leases });
    if ('kind' in answer) return answer;
    leases.push(answer);
  }
  return { kind: 'admit', leases };
};

const choose = (
  port: PortWish,
  request: AdmissionRequest,
  {
    ledger,
    book,
    chosen,
  }: {
    readonly ledger: PortLedger;
    readonly book: PortBook;
    readonly chosen: readonly PortLease[];
  },
): PortLease | Denial => {
  const lease = (host: number): PortLease => ({
    projectId: request.projectId,
    environment: request.environment,
    container: port.container,
    protocol: port.protocol,
    hostIp: port.hostIp,
    host,
    auto: port.host === 'auto',
  });
  const holderOf = (wanted: PortLease): PortLease | null =>
    book.takenBy(addressOf(wanted), request) ??
    chosen.find((other) => collide(addressOf(other), addressOf(wanted))) ??
    null;
  const isBusy = (wanted: PortLease): boolean =>
    ledger.busy.some((other) => collide(other, addressOf(wanted)));
  if (port.host !== 'auto') {
    const wanted = lease(port.host);
    const holder = holderOf(wanted);
    if (holder !== null) {
      const isShown = ledger.hidesNames !== true || holder.projectId === request.projectId;
      const name = isShown ? nameOf(holder, ledger) : 'another environment';
      return wait('PortInUse', `${port.hostIp}:${port.host} is held by ${name}`);
    }
    return isBusy(wanted)
      ? wait('PortInUse', `${port.hostIp}:${port.host} is in use by something on this host`)
      : wanted;
  }
  for (let host = ledger.autoPorts.from; host <= ledger.autoPorts.to; host += 1) {
    const wanted = lease(host);
    if (holderOf(wanted) === null && !isBusy(wanted)) return wanted;
  }
  return wait(
    'NoFreePort',
    `no port is free from ${ledger.autoPorts.from} to ${ledger.autoPorts.to}`,
  );
};

const nameOf = ({ projectId, environment }: PortLease, { projectName }: PortLedger): string =>
  `${projectName(projectId)}/${environment}`;
