import {
  noticeEvents,
  type NoticeTarget,
  type ReceiverConfig,
} from '../../controller/model/notice.ts';
import {
  defaultTemplate,
  parseTemplate,
  placeholders,
} from '../../controller/model/notice-template.ts';
import { fault, type Path } from '../fault.ts';
import { nearest } from '../nearest.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import { eachNamed } from './named.ts';
import type { ConfigReceiver } from './types.generated.ts';

/** Receivers of the schema's form to what notices are sent by. */
export const receiversOf = (
  receivers: readonly ConfigReceiver[],
  report: Report,
): readonly ReceiverConfig[] =>
  eachNamed(receivers, { list: 'notices', report }, (entry, path) =>
    receiverOf(entry, path, report),
  );

const receiverOf = (receiver: ConfigReceiver, path: Path, report: Report): ReceiverConfig => {
  const { name, events, projects, template = defaultTemplate, secretFile } = receiver;
  const target = targetOf(receiver, path, report);
  checkTemplate(template, [...path, 'template'], report);
  if (secretFile !== undefined && target.kind === 'command') {
    const message = 'secretFile is for webhooks';
    const hint = 'take it out: a command is trusted as it is';
    report(fault('E_CONFLICT', [...path, 'secretFile'], { at: 'key', message, hint }));
  }
  return {
    name,
    target,
    events: events === undefined ? noticeEvents : [...new Set(events)],
    projects: projects ?? null,
    template,
    format: receiver.format ?? defaultFormat(target),
    secretFile: secretFile ?? null,
  };
};

const defaultFormat = ({ kind }: NoticeTarget): ReceiverConfig['format'] =>
  kind === 'command' ? 'text' : 'json';

const ways = ['webhook', 'webhookFile', 'command'] as const;

const targetOf = (receiver: ConfigReceiver, path: Path, report: Report): NoticeTarget => {
  const [way, another] = ways.filter((one) => receiver[one] !== undefined);
  if (way === undefined) {
    const message = 'a receiver needs one of webhook, webhookFile and command';
    report(fault('E_REQUIRED', path, { message, hint: 'say how it is told' }));
  }
  if (another !== undefined) {
    const message = `${another} and ${way} are two ways to tell one receiver`;
    const hint = 'keep one, or make two receivers of it';
    report(fault('E_CONFLICT', [...path, another], { at: 'key', message, hint }));
  }
  const { webhook, webhookFile, command } = receiver;
  if (webhook !== undefined) {
    if (!isAddress(webhook)) {
      // The address itself may be the secret.
      const message = 'webhook is no address that can be sent to';
      const hint =
        'write http:// or https:// with a host, and without a user and a password; one that is secret belongs into webhookFile';
      report(fault('E_FORMAT', [...path, 'webhook'], { message, hint }));
    }
    return { kind: 'webhook', url: webhook };
  }
  if (webhookFile !== undefined) return { kind: 'webhook-file', file: webhookFile };
  const argv = command ?? [];
  if (command !== undefined && argv[0]?.startsWith('/') !== true) {
    const message = `${quoted(argv[0] ?? '')} is no absolute path`;
    const hint = 'write the whole path of the program, such as /usr/local/bin/tell';
    report(fault('E_PATH', [...path, 'command', 0], { message, hint }));
  }
  return { kind: 'command', argv };
};

const isAddress = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === ''
  );
};

const checkTemplate = (template: string, path: Path, report: Report): void => {
  const read = parseTemplate(template);
  if (read.ok) return;
  const { piece, why } = read;
  const name = piece.slice(1, -1);
  const near = nearest(name, placeholders);
  report({
    ...fault('E_FORMAT', path, {
      message: why === 'brace' ? `a ${piece} stands alone` : `${quoted(piece)} stands for nothing`,
      hint:
        why === 'brace'
          ? `write ${piece}${piece} for the brace itself`
          : `${near === null ? '' : `did you mean {${near}}? `}There are ${placeholders.map((one) => `{${one}}`).join(', ')}; {{ and }} are braces`,
    }),
    piece,
  });
};

/** As it would be written. */
export const receiverValue = ({
  name,
  target,
  events,
  projects,
  template,
  format,
  secretFile,
}: ReceiverConfig): ConfigReceiver => ({
  name,
  ...targetValue(target),
  events: [...events],
  ...(projects === null ? {} : { projects: [...projects] }),
  template,
  format,
  ...(secretFile === null ? {} : { secretFile }),
});

const targetValue = (target: NoticeTarget): Partial<ConfigReceiver> => {
  switch (target.kind) {
    case 'webhook':
      return { webhook: target.url };
    case 'webhook-file':
      return { webhookFile: target.file };
    case 'command':
      return { command: [...target.argv] };
    default:
      return target satisfies never;
  }
};
