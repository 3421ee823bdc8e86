import { ApiError } from '../model/api.ts';
import type { NoticeRecord, ReceiverConfig } from '../model/notice.ts';
import type {
  NoticeItem,
  NoticeQuery,
  NoticeReport,
  TestNoticeReport,
  TestNoticeRequest,
} from '../model/notice-api.ts';
import { deliveryOf, type Told } from '../plan/notice-text.ts';
import type { Core } from '../reconcile/core.ts';

/** Who is told, and what was. */
export const noticeReport = ({ deps }: Core, { limit }: NoticeQuery): NoticeReport => ({
  receivers: deps.config.current().notices.map(({ name, target, events }) => ({
    name,
    kind: target.kind === 'command' ? 'command' : 'webhook',
    events,
    waiting: deps.store.notices.waiting(name).length,
  })),
  items: deps.store.notices.list(limit).map(itemOf),
});

const itemOf = ({
  at,
  nextTryAt,
  subject: _1,
  revision: _2,
  likeness: _3,
  openedAt: _4,
  settledAt: _5,
  ...rest
}: NoticeRecord): NoticeItem => ({
  ...rest,
  at: new Date(at).toISOString(),
  nextTryAt: rest.state === 'pending' ? new Date(nextTryAt).toISOString() : null,
});

/** Sends one now, whatever the receiver asks to be told, and keeps nothing of it. */
export const testNotice = async (
  { deps }: Core,
  { receiver: name, by }: TestNoticeRequest,
): Promise<TestNoticeReport> => {
  const { notices } = deps.config.current();
  const receiver = notices.find((one) => one.name === name);
  if (receiver === undefined) throw new ApiError('not-found', unknown(name, notices));
  const { notifier, clock, random, instance } = deps;
  const delivery = deliveryOf(testOf(by), receiver, {
    id: `${instance}-test-${random.hex(8)}`,
    host: notifier.host,
    time: new Date(clock.now()).toISOString(),
  });
  const sent = await notifier.send(delivery, new AbortController().signal);
  return {
    receiver: name,
    error: sent.ok ? null : sent.failure.message,
    body: delivery.body,
  };
};

const unknown = (name: string, notices: readonly ReceiverConfig[]): string =>
  notices.length === 0
    ? `there is no receiver ${name}: the configuration has no notices`
    : `there is no receiver ${name}; there are ${notices.map((one) => one.name).join(', ')}`;

const testOf = (by: string): Told => ({
  event: 'test',
  project: 'test',
  environment: null,
  owner: by,
  revision: '',
  reason: 'Running',
  message: 'this is a test: nothing has failed',
});
