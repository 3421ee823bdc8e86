import type { NoticeRecord, ReceiverConfig, Trouble } from '../../controller/model/notice.ts';
import { defaultTemplate } from '../../controller/model/notice-template.ts';

export const receiver = (changes: Partial<ReceiverConfig> = {}): ReceiverConfig => ({
  name: 'lab-chat',
  target: { kind: 'webhook', url: 'https://chat.lab/hook' },
  events: ['failure', 'recovery', 'pending'],
  projects: null,
  template: defaultTemplate,
  format: 'json',
  secretFile: null,
  ...changes,
});

/** Began at 0. */
export const trouble = (changes: Partial<Trouble> = {}): Trouble => ({
  subject: 'environment:p1/train',
  kind: 'failure',
  project: 'vision',
  environment: 'train',
  owner: 'ada',
  revision: 'abc',
  reason: 'Failed',
  message: 'exit code 1',
  likeness: 'exit code #',
  openedAt: 0,
  changedAt: changes.openedAt ?? 0,
  wellAt: null,
  wellReason: null,
  wellMessage: '',
  ...changes,
});

/** What was told of a trouble. */
export const told = (of: Trouble, changes: Partial<NoticeRecord> = {}): NoticeRecord => {
  const { kind, changedAt: _1, wellAt: _2, wellReason: _3, wellMessage: _4, ...rest } = of;
  return {
    ...rest,
    id: 1,
    receiver: 'lab-chat',
    event: kind,
    at: of.openedAt + 15_000,
    state: 'pending',
    attempts: 0,
    nextTryAt: 0,
    error: '',
    settledAt: null,
    ...changes,
  };
};
