import { expect, test } from 'vitest';
import { judged, judgedTwin, said } from './lines.ts';

test('a line is a result, a word to the bench, or a remark', () => {
  expect(said('ok it runs\r')).toEqual({ kind: 'result', name: 'it runs', why: null });
  expect(said('not ok it runs: is: 3, not 4')).toEqual({
    kind: 'result',
    name: 'it runs',
    why: 'is: 3, not 4',
  });
  expect(said('not ok it runs: ')).toMatchObject({ why: 'no word why' });
  expect(said('bench: end')).toEqual({ kind: 'end' });
  expect(said('bench: kill 300')).toEqual({ kind: 'kill', afterMs: 300 });
  expect(said('okay')).toEqual({ kind: 'remark', text: 'okay' });
});

const passed = { name: 'a', why: null };
const failed = { name: 'a', why: 'broken' };

test('a journey that does not come to its end, or says nothing, failed', () => {
  expect(judged([passed], null)).toEqual([passed]);
  expect(judged([passed], 'not within 20 minutes')).toEqual([
    passed,
    { name: 'comes to its end', why: 'not within 20 minutes' },
  ]);
  expect(judged([], null)).toMatchObject([{ why: 'it said nothing' }]);
});

test('a sabotaged twin passes where the check that it names failed, and only there', () => {
  expect(judgedTwin([failed], 'a', null).why).toBeNull();
  expect(judgedTwin([passed], 'a', null).why).toMatch('all the same');
  expect(judgedTwin([{ name: 'b', why: 'broken' }], 'a', null).why).toMatch('never come to');
  expect(judgedTwin([], 'a', 'the machine ended').why).toBe('the machine ended');
});
