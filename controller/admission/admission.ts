import { deviceId } from '../model/gpu.ts';
import type { EnvironmentKey } from '../model/key.ts';
import { cardsOf, type Cards } from './cards.ts';
import {
  noUsage,
  wait,
  type AdmissionAnswer,
  type AdmissionRequest,
  type Denial,
  type GateAnswer,
  type HostState,
  type Ledger,
  type Refusal,
  type Usage,
} from './gate.ts';
import { gpuGate } from './gpu-pool.ts';
import { portGate } from './host-ports.ts';
import { hostGate } from './host.ts';
import { policyGate } from './policy.ts';
import { portBook, type PortBook } from './port-book.ts';
import { peopleBook, type PeopleBook } from './people-book.ts';
import { minus, plus, quotaGate } from './quota.ts';
import { mayReserve, reserve } from './reserve.ts';

/**
 * The serial step: every request against everything given out, the highest priority first and then who
 * came first, each grant counted before the next request is asked. Pure, and independent of the order
 * of its input.
 */
export const decideAdmission = (
  requests: readonly AdmissionRequest[],
  ledger: Ledger,
): readonly AdmissionAnswer[] => {
  const round = beginRound(ledger);
  const answers = inOrder(requests).map((request) => ({ request, answer: decide(request, round) }));
  return withPlaces(answers);
};

/** What is given and kept while one step goes through its requests. */
interface Round {
  readonly ledger: Ledger;
  readonly usage: Map<string, Usage>;
  readonly people: PeopleBook;
  readonly cards: Cards;
  readonly ports: PortBook;
  host: HostState | null;
  /** Somebody who came before waits for memory, and nobody who asks for some may pass. */
  memoryKept: Denial | null;
}

const beginRound = (ledger: Ledger): Round => ({
  ledger,
  usage: new Map(ledger.usage),
  people: peopleBook(ledger),
  cards: cardsOf(ledger.pool),
  ports: portBook(ledger.leases),
  host: ledger.host,
  memoryKept: null,
});

type Decided = Denial | Refusal | Omit<Extract<AdmissionAnswer, { readonly kind: 'grant' }>, 'key'>;

const decide = (request: AdmissionRequest, round: Round): Decided => {
  const { ledger, cards } = round;
  const policy = policyGate(request, ledger.policy, ledger.now);
  if (policy.kind === 'refuse') return policy;
  const used = round.usage.get(request.projectPath) ?? noUsage;
  const { gpus: wish } = request.wish;
  const wanted = wish === null || wish.optional ? 0 : cards.wanted(request, wish);
  const state = {
    quota: ledger.quotas.get(request.projectPath) ?? null,
    used,
    owner: round.people.of(request),
  };
  const quota = quotaGate(request, wanted, state);
  if (quota.kind === 'wait') return quota;

  const answer = gpuGate(request, cards, ledger.timeText);
  if (answer.kind === 'wait') {
    if (answer.reason === 'GpuPoolFull') reserve(request, cards, ledger);
    return answer;
  }
  // Only now is known whether an optional one was free.
  if (wish?.optional === true && quotaGate(request, answer.gpus.length, state).kind === 'wait') {
    return decide(without(request), round);
  }

  const host = roomOnHost(request, round);
  if (host.kind === 'wait') return host;

  const ports = portGate(request, round.ports, ledger);
  if (ports.kind === 'wait') return ports;

  const ids = answer.gpus.map(deviceId);
  cards.give(request, ids);
  round.ports.replace(request, ports.leases);
  count(request, round, { used, gpus: ids.length });
  return { kind: 'grant', leases: ports.leases, gpus: answer.gpus, opened: policy.opened };
};

const without = (request: AdmissionRequest): AdmissionRequest => ({
  ...request,
  wish: { ...request.wish, gpus: null },
});

const roomOnHost = (request: AdmissionRequest, round: Round): GateAnswer => {
  const asksMemory = (request.memoryBytes ?? 0) > request.held.memoryBytes;
  const answer = hostGate(request, round.host);
  if (answer.kind === 'admit') return asksMemory ? (round.memoryKept ?? answer) : answer;
  if (answer.reason !== 'HostOverloaded' || !mayReserve(request, round.ledger)) return answer;
  const name = `${round.ledger.projectName(request.projectId)}/${request.environment}`;
  if (asksMemory) {
    round.memoryKept ??= wait('HostOverloaded', `memory is kept for ${name}, which came before`);
  }
  return answer;
};

const count = (
  request: AdmissionRequest,
  round: Round,
  { used, gpus }: { readonly used: Usage; readonly gpus: number },
): void => {
  const { held } = request;
  const cpus = request.cpus ?? 0;
  const memoryBytes = request.memoryBytes ?? 0;
  const granted = { containers: 1, cpus, memoryBytes, gpus };
  round.usage.set(request.projectPath, plus(minus(used, held), granted));
  round.people.count(request, granted);
  if (round.host === null) return;
  const { pending } = round.host;
  round.host = {
    ...round.host,
    pending: {
      cpus: pending.cpus + Math.max(0, cpus - held.cpus),
      memoryBytes: pending.memoryBytes + Math.max(0, memoryBytes - held.memoryBytes),
    },
  };
};

/** Who waits for the same kind of thing stands in one line. */
const withPlaces = (
  decided: readonly { readonly request: AdmissionRequest; readonly answer: Decided }[],
): readonly AdmissionAnswer[] => {
  const lengths = new Map<string, number>();
  for (const { answer } of decided) {
    if (answer.kind === 'wait' && queued.has(answer.reason)) {
      lengths.set(answer.reason, (lengths.get(answer.reason) ?? 0) + 1);
    }
  }
  const at = new Map<string, number>();
  return decided.map(({ request, answer }): AdmissionAnswer => {
    const key: EnvironmentKey = request.key;
    if (answer.kind === 'grant') {
      return { ...answer, key };
    }
    if (answer.kind === 'refuse') return { ...answer, key };
    const { kind, reason } = answer;
    const length = lengths.get(answer.reason);
    if (length === undefined) return { kind, key, reason, message: answer.message, place: null };
    const place = (at.get(answer.reason) ?? 0) + 1;
    at.set(answer.reason, place);
    const message =
      length === 1 ? answer.message : `${ordinal(place)} of ${length}; ${answer.message}`;
    return { kind, key, reason, message, place };
  });
};

const queued: ReadonlySet<string> = new Set(['GpuPoolFull', 'HostOverloaded']);

const ordinal = (n: number): string => {
  const tail = n % 100;
  const ending = tail > 10 && tail < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
};

const inOrder = (requests: readonly AdmissionRequest[]): readonly AdmissionRequest[] =>
  [...requests].sort(
    (a, b) =>
      b.wish.priority - a.wish.priority ||
      a.requestedAt - b.requestedAt ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
