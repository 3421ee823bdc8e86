import type { Delivery, NoticeEvent, NoticeRecord, ReceiverConfig } from '../model/notice.ts';
import { parseTemplate, type Placeholder } from '../model/notice-template.ts';
import { reasons } from '../model/reason.ts';

/** What is told of a subject. */
export interface Told extends Pick<
  NoticeRecord,
  'project' | 'environment' | 'owner' | 'revision' | 'reason' | 'message'
> {
  readonly event: NoticeEvent | 'test';
}

/** What is sent of one notice, whole. */
export const deliveryOf = (
  notice: Told,
  receiver: ReceiverConfig,
  sent: { readonly id: string; readonly host: string; readonly time: string },
): Delivery => {
  const facts = { ...factsOf(notice, sent), id: sent.id };
  return {
    target: receiver.target,
    secretFile: receiver.secretFile,
    ...bodyOf(receiver, facts),
    facts: Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name.toUpperCase(), value]),
    ),
  };
};

const bodyOf = (
  { format, template }: ReceiverConfig,
  facts: Readonly<Record<Placeholder | 'id', string>>,
): Pick<Delivery, 'body' | 'contentType'> => {
  const text = render(template, facts);
  switch (format) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
    case 'json':
      return { contentType: json, body: JSON.stringify({ text }) };
    case 'event':
      return {
        contentType: json,
        body: JSON.stringify({ apiVersion: 'mlenv/v1', ...facts, text }),
      };
    default:
      return format satisfies never;
  }
};

const json = 'application/json; charset=utf-8';

/** A template that the configuration let in has no fault. */
export const render = (template: string, facts: Readonly<Record<Placeholder, string>>): string => {
  const read = parseTemplate(template);
  if (!read.ok) return template;
  return read.parts.map((part) => (part.kind === 'text' ? part.text : facts[part.name])).join('');
};

const factsOf = (
  { event, project, environment, owner, revision, reason, message }: Told,
  { host, time }: { readonly host: string; readonly time: string },
): Readonly<Record<Placeholder, string>> => {
  const subject = environment === null ? project : `${project}/${environment}`;
  return {
    event,
    subject,
    project,
    environment: environment ?? '',
    owner,
    reason,
    message,
    todo: reasons[reason].todo.replaceAll(/\bENV\b/g, subject),
    commit: revision,
    host,
    time,
  };
};

/** The same failure says the same again with other numbers, times and ids. */
export const likenessOf = (message: string): string =>
  message
    .replaceAll(/\b[0-9a-f]{8,}\b/g, '#')
    .replaceAll(/\d+(?:[.:]\d+)*(?:(?:st|nd|rd|th)\b)?/g, '#')
    .slice(0, 500);

/**
 * A message for outside: on one line, not too long, without what stands between // and @ of an address, and
 * without a value of the environment's own variables, which an engine's words may repeat.
 */
export const outgoing = (message: string, values: readonly string[] = []): string => {
  const hidden = values
    .filter((value) => value.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, value) => text.replaceAll(value, '[hidden]'), message);
  const clean = hidden.replaceAll(/\/\/[^/@\s]+@/g, '//[hidden]@').replaceAll(unsafe, ' ');
  return clean.length <= longestMessage ? clean : `${clean.slice(0, longestMessage - 1)}…`;
};

const shortestSecret = 8;
const longestMessage = 1000;
const unsafe = /[\p{Cc}\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]+/gu;
