import { expect, test } from 'vitest';
import { type Call, json } from './engine-api.ts';
import type { RecordedCall } from './record-calls.ts';
import { inParallel, replay } from './replay.ts';

const recordedId = (digit: string): string => digit.repeat(64);

const recorded = (call: Call, answer: unknown = {}): RecordedCall => ({
  ...call,
  answer: { status: 200, body: Buffer.from(JSON.stringify(answer)) },
});

const lifeOf = (digit: string): readonly RecordedCall[] => [
  recorded(json('POST', `/v1.41/containers/create?name=c${digit}`), { Id: recordedId(digit) }),
  recorded(json('POST', `/v1.41/containers/${recordedId(digit)}/start`)),
  recorded(json('DELETE', `/v1.41/containers/${recordedId(digit)}?v=1`)),
];

test('the calls of one container keep their order and follow its new id', async () => {
  const [a1, a2, a3] = lifeOf('a');
  const [b1, b2, b3] = lifeOf('b');
  const network = recorded(json('POST', '/v1.41/networks/create'));
  const gone = recorded(json('DELETE', '/v1.41/networks/n'));
  const calls = [a1, gone, b1, a2, b2, network, b3, a3].filter((call) => call !== undefined);
  const sent: string[] = [];
  const api = {
    call: (call: Call) => {
      sent.push(`${call.method} ${call.path}`);
      const name = /name=(.*)/.exec(call.path)?.[1];
      return Promise.resolve({ status: 201, body: Buffer.from(`{"Id":"new-${name}"}`) });
    },
    close: () => undefined,
  };
  await replay({ api, calls, concurrency: 2, ids: new Map() });

  expect(sent[0]).toBe('POST /v1.41/networks/create');
  expect(sent.at(-1)).toBe('DELETE /v1.41/networks/n');
  for (const name of ['ca', 'cb']) {
    expect(sent.filter((line) => line.includes(name))).toEqual([
      `POST /v1.41/containers/create?name=${name}`,
      `POST /v1.41/containers/new-${name}/start`,
      `DELETE /v1.41/containers/new-${name}?v=1`,
    ]);
  }
});

test('as many at a time as asked, and no more', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('the first failure is thrown', async () => {
  const failing = inParallel([1, 2, 3], 2, (item) =>
    item === 2 ? Promise.reject(new Error('no')) : Promise.resolve(),
  );
  await expect(failing).rejects.toThrow('no');
});
