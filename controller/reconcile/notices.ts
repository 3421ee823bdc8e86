import { createController, type Controller, type ControllerOptions } from '../loop/controller.ts';
import type { Outcome } from '../loop/outcome.ts';
import type { NoticeRecord, ReceiverConfig } from '../model/notice.ts';
import { decideNotices, nextTry, type NewNotice } from '../plan/notices.ts';
import { deliveryOf } from '../plan/notice-text.ts';
import type { Deps } from './deps.ts';
import type { RecordRoom } from './record-room.ts';

/** Decides who is told what, and sends it, apart from all else: a receiver that hangs holds up no pass. */
export interface Notices {
  start(): void;
  /** Something began or ended, or the configuration changed. */
  ring(): void;
  stop(deadlineMs?: number): Promise<unknown>;
  readonly controllers: readonly Controller[];
}

type NoticeDeps = Pick<
  Deps,
  'store' | 'clock' | 'random' | 'config' | 'notifier' | 'timeText' | 'instance'
>;

export const createNotices = (
  deps: NoticeDeps,
  {
    room,
    ...loop
  }: Pick<ControllerOptions<string>, 'clock' | 'random' | 'onOutcome'> & {
    readonly room: Pick<RecordRoom, 'pass'>;
  },
): Notices => {
  let isStarted = false;
  const decision: Controller = createController({
    ...loop,
    name: 'notices',
    workers: 1,
    reconcile: () =>
      room.pass(async () => {
        const outcome = decide(deps);
        for (const receiver of deps.store.notices.receivers()) deliveries.enqueue(receiver);
        return outcome;
      }),
  });
  const deliveries: Controller = createController({
    ...loop,
    name: 'delivery',
    // So many receivers that hang are waited for at once.
    workers: 2,
    // What was sent and cannot be noted would be sent again.
    reconcile: (receiver, signal) => room.pass(() => deliver(deps, receiver, signal)),
  });
  const controllers = [decision, deliveries];
  return {
    controllers,
    start: () => {
      isStarted = true;
      decision.start();
      deliveries.start();
      decision.enqueue(all);
    },
    ring: () => {
      if (isStarted) decision.enqueue(all);
    },
    stop: (deadlineMs) => Promise.all(controllers.map((controller) => controller.stop(deadlineMs))),
  };
};

const all = 'all';
const hourMs = 3_600_000;

/** What is due becomes rows of the outbox, and what is over is closed, in one transaction. */
const decide = (deps: NoticeDeps): Outcome => {
  const { store, config, clock } = deps;
  const now = clock.now();
  const troubles = store.troubles.all();
  if (troubles.length === 0) return { kind: 'done' };
  const { add, close, nextAt } = decideNotices({
    troubles,
    told: store.notices.told(now - hourMs),
    receivers: config.current().notices,
    now,
  });
  if (add.length > 0 || close.length > 0) {
    store.transaction(() => {
      for (const each of add) store.notices.add(rowOf(deps, each, now));
      for (const trouble of close) store.troubles.remove(trouble);
    });
  }
  return nextAt === null ? { kind: 'done' } : { kind: 'lookAgain', afterMs: nextAt - now };
};

const rowOf = (
  { timeText }: NoticeDeps,
  { receiver, event, trouble, quietUntil }: NewNotice,
  now: number,
): Omit<NoticeRecord, 'id'> => {
  const { kind: _1, changedAt: _2, wellAt: _3, wellReason, wellMessage, ...told } = trouble;
  const quiet =
    quietUntil === null
      ? ''
      : ` (it changes often: nothing more of it before ${timeText(quietUntil, now)})`;
  return {
    ...told,
    receiver,
    event,
    ...(event === 'recovery'
      ? { reason: wellReason ?? told.reason, message: wellMessage }
      : { message: `${told.message}${quiet}` }),
    at: now,
    state: 'pending',
    attempts: 0,
    nextTryAt: now,
    error: '',
    settledAt: null,
  };
};

/** Sends the first that is due to this receiver. Of one subject they go in order: no recovery overtakes. */
const deliver = async (deps: NoticeDeps, name: string, signal: AbortSignal): Promise<Outcome> => {
  const { store, clock, config, notifier, instance } = deps;
  const waiting = store.notices.waiting(name);
  const receiver = config.current().notices.find((one) => one.name === name);
  if (receiver === undefined) return forget(deps, waiting);
  const heads = waiting.filter(
    ({ id, subject }) => waiting.find((one) => one.subject === subject)?.id === id,
  );
  const due = heads.find(({ nextTryAt }) => nextTryAt <= clock.now());
  if (due === undefined) {
    const nextAt = Math.min(...heads.map(({ nextTryAt }) => nextTryAt));
    return heads.length === 0
      ? { kind: 'done' }
      : { kind: 'lookAgain', afterMs: Math.max(0, nextAt - clock.now()) };
  }
  const sent = await notifier.send(
    deliveryOf(due, receiver, {
      id: `${instance}-${due.id}`,
      host: notifier.host,
      time: new Date(due.at).toISOString(),
    }),
    signal,
  );
  if (sent.ok) {
    const settledAt = clock.now();
    store.notices.update(due.id, {
      state: 'sent',
      attempts: due.attempts + 1,
      error: '',
      settledAt,
    });
  } else if (!signal.aborted) noteFailure(deps, { due, receiver, error: sent.failure.message });
  return { kind: 'lookAgain', afterMs: 0 };
};

const noteFailure = (
  { store, clock, random }: NoticeDeps,
  {
    due,
    receiver,
    error,
  }: { readonly due: NoticeRecord; readonly receiver: ReceiverConfig; readonly error: string },
): void => {
  const now = clock.now();
  const attempts = due.attempts + 1;
  const nextTryAt = nextTry({ at: due.at, attempts, now, fraction: random.fraction() });
  if (nextTryAt !== null) {
    store.notices.update(due.id, { attempts, error, nextTryAt });
    return;
  }
  store.transaction(() => {
    store.notices.update(due.id, { state: 'failed', attempts, error, settledAt: now });
    const place = due.environment === null ? due.project : `${due.project}/${due.environment}`;
    store.events.add({
      at: now,
      type: 'Warning',
      reason: 'NoticeUndeliverable',
      message: `${receiver.name} was not told of ${due.reason} of ${place} in ${attempts} tries: ${error}`,
      projectId: null,
      environment: null,
    });
  });
};

/** A receiver that left the configuration is told nothing more. */
const forget = ({ store, clock }: NoticeDeps, waiting: readonly NoticeRecord[]): Outcome => {
  for (const { id } of waiting) {
    const error = 'it is no longer in the configuration';
    store.notices.update(id, { state: 'failed', error, settledAt: clock.now() });
  }
  return { kind: 'done' };
};
