import type { NoticeRecord, ReceiverConfig, Trouble } from '../model/notice.ts';

/** What heals within it is told to nobody. */
export const holdDownMs = 15_000;
/** What is well again has to stay so before that is told: else it is the same failure still. */
export const recoveryMs = 60_000;
const hourMs = 3_600_000;
/** Failures and waits of one subject that one receiver is told within an hour; each may have its recovery. */
export const perSubject = 3;
/** The same of all subjects together. */
export const perReceiver = 60;

export interface NoticeInput {
  readonly troubles: readonly Trouble[];
  /** Of troubles that are open, and of the last hour. */
  readonly told: readonly NoticeRecord[];
  readonly receivers: readonly ReceiverConfig[];
  readonly now: number;
}

export interface NewNotice {
  readonly receiver: string;
  readonly event: NoticeRecord['event'];
  readonly trouble: Trouble;
  /** Until when nothing more is told, as this is the last that an hour may have; null: there is room. */
  readonly quietUntil: number | null;
}

export interface NoticeDecision {
  readonly add: readonly NewNotice[];
  /** Troubles that are over. */
  readonly close: readonly Trouble[];
  /** When time alone changes the answer; null: never. */
  readonly nextAt: number | null;
}

/**
 * Who is to be told what now. It follows from what fails and from what was told, whenever it is asked, so
 * that a receiver that is new hears what is wrong, and one asked twice hears it once.
 */
export const decideNotices = (input: NoticeInput): NoticeDecision => {
  const add: NewNotice[] = [];
  const close: Trouble[] = [];
  const times: number[] = [];
  for (const trouble of input.troubles) {
    const told = input.told.filter((one) => isOf(one, trouble));
    if (trouble.wellAt !== null) {
      const due = trouble.wellAt + recoveryMs;
      if (input.now < due) {
        times.push(due);
        continue;
      }
      close.push(trouble);
      add.push(...recoveries(input.receivers, trouble, told));
      continue;
    }
    const due = (told.length === 0 ? trouble.openedAt : trouble.changedAt) + holdDownMs;
    if (input.now < due) {
      times.push(due);
      continue;
    }
    for (const receiver of input.receivers) {
      const isKnown = told.some(
        ({ receiver: name, reason, likeness }) =>
          name === receiver.name && reason === trouble.reason && likeness === trouble.likeness,
      );
      if (isKnown || !wants(receiver, trouble.kind, trouble)) continue;
      const roomAt = roomFor(input, add, { receiver: receiver.name, subject: trouble.subject });
      if (roomAt.now) {
        const { fullUntil: quietUntil } = roomAt;
        add.push({ receiver: receiver.name, event: trouble.kind, trouble, quietUntil });
      } else times.push(roomAt.at);
    }
  }
  return { add, close, nextAt: times.length === 0 ? null : Math.min(...times) };
};

/** Those who were told that it fails, and want to know. */
const recoveries = (
  receivers: readonly ReceiverConfig[],
  trouble: Trouble,
  told: readonly NoticeRecord[],
): readonly NewNotice[] =>
  receivers
    .filter(({ name }) => told.some(({ receiver }) => receiver === name))
    .filter((receiver) => wants(receiver, 'recovery', trouble))
    .map(({ name }) => ({ receiver: name, event: 'recovery', trouble, quietUntil: null }));

const isOf = (notice: NoticeRecord, trouble: Trouble): boolean =>
  notice.subject === trouble.subject &&
  notice.openedAt === trouble.openedAt &&
  notice.event === trouble.kind;

const wants = (
  { events, projects }: ReceiverConfig,
  event: NoticeRecord['event'],
  { project }: Trouble,
): boolean =>
  events.includes(event) &&
  (projects === null || projects.some((pattern) => matches(pattern, project)));

/** `*` stands for any characters. */
export const matches = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return text.endsWith(last);
};

type Room =
  | { readonly now: true; readonly fullUntil: number | null }
  | { readonly now: false; readonly at: number };

const roomFor = (
  { told, now }: NoticeInput,
  added: readonly NewNotice[],
  place: { readonly receiver: string; readonly subject: string },
): Room => {
  const hour = [
    ...told
      .filter(({ receiver, event }) => receiver === place.receiver && event !== 'recovery')
      .map(({ subject, at }) => ({ subject, at })),
    ...added
      .filter(({ receiver, event }) => receiver === place.receiver && event !== 'recovery')
      .map(({ trouble: { subject } }) => ({ subject, at: now })),
  ].filter(({ at }) => at > now - hourMs);
  const ofSubject = hour.filter(({ subject }) => subject === place.subject);
  const freeAt = [
    untilFree(
      ofSubject.map(({ at }) => at),
      perSubject,
    ),
    untilFree(
      hour.map(({ at }) => at),
      perReceiver,
    ),
  ].filter((at) => at !== null);
  if (freeAt.length > 0) return { now: false, at: Math.max(...freeAt) };
  // Is it full with this one?
  const oneMore = untilFree([...ofSubject.map(({ at }) => at), now], perSubject);
  return { now: true, fullUntil: oneMore };
};

/** When fewer than `limit` of these lie within an hour; null: that is so now. */
const untilFree = (times: readonly number[], limit: number): number | null => {
  const oldestThatCounts = times.toSorted((a, b) => b - a)[limit - 1];
  return oldestThatCounts === undefined ? null : oldestThatCounts + hourMs;
};

const firstRetryMs = 5000;
const longestRetryMs = hourMs;
/** For so long a notice is tried. */
export const giveUpMs = 24 * hourMs;

/** When a notice that failed so often is tried again; null: it is given up. */
export const nextTry = (tried: {
  /** When it was decided. */
  readonly at: number;
  readonly attempts: number;
  readonly now: number;
  /** In [0, 1): chance, so that many do not come at once. */
  readonly fraction: number;
}): number | null => {
  const growing = firstRetryMs * 2 ** Math.min(tried.attempts - 1, 20);
  const next = tried.now + Math.min(growing, longestRetryMs) * (0.8 + 0.4 * tried.fraction);
  return next > tried.at + giveUpMs ? null : Math.round(next);
};
