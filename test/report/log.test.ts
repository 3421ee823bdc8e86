import { expect, it } from 'vitest';
import { createLog } from '../../controller/report/log.ts';

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
