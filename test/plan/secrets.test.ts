import { expect, it } from 'vitest';
import { plan } from '../../controller/plan/plan.ts';
import { scene } from '../support/plan-builders.ts';

it('never shows a value that a variable went into, in whatever field', () => {
  const { changes, message, explanation } = plan(
    scene({
      wish: { command: ['serve', '--token=s3cret'], updates: 'manual' },
      was: { command: ['serve', '--token=older'], updates: 'manual' },
      record: { raw: { image: 'pytorch:24.05', command: ['serve', '--token=${TOKEN}'] } },
    }),
  );
  expect(changes).toEqual([
    { field: 'command', how: 'recreate', from: '(hidden)', to: '(hidden)' },
  ]);
  expect([message, ...explanation].join('\n')).not.toMatch(/s3cret|older/);
});
