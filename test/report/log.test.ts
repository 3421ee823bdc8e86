import { expect, it } from 'vitest';
import { createLog, textLine } from '../../controller/report/log.ts';

it('writes JSON lines and hides values of environment variables at any of three depths', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
  log.debug({}, 'not shown');
  log
    .child({ key: 'p1/db' })
    .info({ env: { A: 'x1' }, spec: { env: { B: 'x2' } }, a: { b: { token: 'x3' } } }, 'created');
  expect(lines).toHaveLength(1);
  const line: unknown = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({ level: 'info', key: 'p1/db', msg: 'created' });
  expect(lines[0]).not.toMatch(/x[123]/);
});

it('writes lines for people, in which no value can be taken for two', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLog({ level: 'info', format: 'text', destination });
  log.warn(
    { project: 'vision', error: 'no "such"\nimage', generation: 3, env: { A: 'x1' } },
    'a pass\nfailed',
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d{4}-\d{2}-\d{2}T[0-9:.]+Z WARN {2}a pass failed project=vision error="no \\"such\\"\\nimage" generation=3 env=\[hidden\]\n$/,
  );
  expect(textLine('{"level":"info","time":"t","msg":"m","a":["b c"],"empty":""}')).toBe(
    't INFO  m a=["b c"] empty=""\n',
  );
  expect([log.isLevelEnabled('info'), log.isLevelEnabled('debug')]).toEqual([true, false]);
});
