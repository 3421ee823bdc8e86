import { expect, it } from 'vitest';
import { createPassLog } from '../../controller/instance/pass-log.ts';
import type { PassReport } from '../../controller/loop/controller.ts';
import { createLog, type LogLevel } from '../../controller/report/log.ts';
import { environment, openTestStore, project } from '../store/support.ts';

const { id: projectId, name } = project();

const given = (level: LogLevel) => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(
    environment({ environment: 'train', reason: 'BackOff', generation: 4 }),
  );
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const report = createPassLog({ store, log: createLog({ level, destination }) });
  const pass = (over: Partial<PassReport>): void =>
    report({
      controller: 'environment',
      key: `${projectId}/train`,
      outcome: { kind: 'done' },
      durationMs: 12,
      attempts: 0,
      againInMs: null,
      ...over,
    });
  return { pass, lines };
};

it('says of a pass what it was about, with its number', () => {
  const { pass, lines } = given('debug');
  pass({ outcome: { kind: 'waiting', reason: 'BackOff', afterMs: 7 }, againInMs: 7 });
  pass({ controller: 'project', key: projectId });
  pass({ controller: 'source', key: 'vision' });
  pass({ key: `${projectId}/gone` });
  const about = { project: name, environment: 'train', reason: 'BackOff', generation: 4 };
  expect(lines).toMatchObject([
    { level: 'debug', pass: 1, ...about, outcome: 'waiting', durationMs: 12, againInMs: 7 },
    { pass: 2, controller: 'project', project: name },
    { pass: 3, controller: 'source', key: 'vision' },
    { pass: 4, environment: 'gone' },
  ]);
  expect(lines[3]).not.toHaveProperty('reason');
});

it('leaves out what went well unless it is asked for, and warns of what failed', () => {
  const { pass, lines } = given('info');
  pass({});
  pass({ outcome: { kind: 'retry', message: 'no such image' }, attempts: 2, againInMs: 9 });
  pass({ outcome: { kind: 'retry', message: 'oh' }, attempts: 1, panic: new Error('oh') });
  expect(lines).toMatchObject([
    { level: 'warn', pass: 2, attempts: 2, error: 'no such image', msg: 'a pass failed' },
    { level: 'error', pass: 3, msg: 'a pass threw', error: expect.stringContaining('Error: oh') },
  ]);
});
