import { describe, expect, it, test } from 'vitest';
import { parseTemplate, placeholders } from '../../controller/model/notice-template.ts';
import { deliveryOf, likenessOf, outgoing, render } from '../../controller/plan/notice-text.ts';
import { receiver, told, trouble } from '../support/notice-builders.ts';

const sent = { id: 'mlenv-7', host: 'gpu1', time: '2025-01-01T00:00:00.000Z' };
const one = told(trouble());

describe('a body', () => {
  it('is an object with the text', () => {
    expect(deliveryOf(one, receiver(), sent)).toMatchObject({
      contentType: 'application/json; charset=utf-8',
      body: '{"text":"[failure] vision/train (ada): Failed: exit code 1"}',
    });
  });

  it('is the text', () => {
    const format = { format: 'text', template: '{subject}: {message}' } as const;
    expect(deliveryOf(one, receiver(format), sent)).toMatchObject({
      contentType: 'text/plain; charset=utf-8',
      body: 'vision/train: exit code 1\n',
    });
  });

  it('is every fact', () => {
    const { body } = deliveryOf(one, receiver({ format: 'event', template: 'x' }), sent);
    expect(JSON.parse(body)).toEqual({
      apiVersion: 'mlenv/v1',
      id: 'mlenv-7',
      event: 'failure',
      subject: 'vision/train',
      project: 'vision',
      environment: 'train',
      owner: 'ada',
      reason: 'Failed',
      message: 'exit code 1',
      todo: 'mlenv logs vision/train; mlenv restart vision/train runs it again',
      commit: 'abc',
      host: 'gpu1',
      time: '2025-01-01T00:00:00.000Z',
      text: 'x',
    });
  });

  it('of a whole project has no environment', () => {
    const { facts } = deliveryOf({ ...one, environment: null }, receiver(), sent);
    expect(facts).toMatchObject({ SUBJECT: 'vision', ENVIRONMENT: '', ID: 'mlenv-7' });
  });

  it('quotes what a message may hold', () => {
    const { body } = deliveryOf({ ...one, message: '"}{event}' }, receiver(), sent);
    expect(JSON.parse(body)).toEqual({ text: '[failure] vision/train (ada): Failed: "}{event}' });
  });
});

test('every placeholder stands for a fact', () => {
  const facts = Object.fromEntries(placeholders.map((name) => [name, name.toUpperCase()]));
  const all = placeholders.map((name) => `{${name}}`).join(' ');
  expect(render(`{{${all}}}`, facts as Parameters<typeof render>[1])).toBe(
    `{${placeholders.join(' ').toUpperCase()}}`,
  );
});

test.each([
  ['{projct}', { ok: false, piece: '{projct}', why: 'unknown' }],
  ['a {} b', { ok: false, piece: '{}', why: 'unknown' }],
  ['a { b', { ok: false, piece: '{', why: 'brace' }],
  ['a } b', { ok: false, piece: '}', why: 'brace' }],
])('%s is no template', (text, read) => {
  expect(parseTemplate(text)).toEqual(read);
});

test.each([
  ['exit code 1', 'exit code 137'],
  ['next in 1.5 s', 'next in 20 s'],
  ['container 0123456789ab is gone', 'container deadbeef0000 is gone'],
  ['at 09:12', 'at 10:13:14'],
  ['3rd restart', '4th restart'],
])('%s is the same as %s', (a, b) => {
  expect(likenessOf(a)).toBe(likenessOf(b));
});

test('another failure is not the same', () => {
  expect(likenessOf('no such image')).not.toBe(likenessOf('no such command'));
});

test('what goes out has no value of a variable, no password and no control character', () => {
  expect(outgoing('exec "--token=hunter2-hunter2": no', ['hunter2-hunter2', 'exec'])).toBe(
    'exec "--token=[hidden]": no',
  );
  expect(outgoing('aaaaaaaa-bb and aaaaaaaa', ['aaaaaaaa', 'aaaaaaaa-bb'])).toBe(
    '[hidden] and [hidden]',
  );
  expect(outgoing('clone https://ada:s3cret@git.lab/x failed')).toBe(
    'clone https://[hidden]@git.lab/x failed',
  );
  expect(outgoing('a\u001B[2J\nb')).toBe('a [2J b');
  expect(outgoing('x'.repeat(2000))).toHaveLength(1000);
});
