import { expect, test } from 'vitest';
import {
  classify,
  isAlreadySo,
  oneLine,
  portInUse,
  startFailure,
} from '../../controller/docker/errors.ts';
import type { Failure } from '../../controller/model/failure.ts';

const http = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode})`), { statusCode, json: { message } });
const coded = (code: string): Error => Object.assign(new Error('broken'), { code });

test.each([
  [404, 'absent'],
  [409, 'conflict'],
  [400, 'terminal'],
  [403, 'terminal'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
])('status %i is %s, for reads and writes alike', (status, kind) => {
  const expected = { kind, status, message: 'so it is' };
  expect(classify(http(status, 'so it is'), 'read')).toEqual(expected);
  expect(classify(http(status, 'so it is'), 'write')).toEqual(expected);
});

test('a lost reply leaves a write unknown and lets a read be repeated', () => {
  expect(classify(coded('ECONNRESET'), 'write').kind).toBe('unknown');
  expect(classify(coded('ECONNRESET'), 'read').kind).toBe('retry');
});

test.each(['ENOENT', 'ECONNREFUSED', 'EACCES'])('%s: nothing was sent', (code) => {
  expect(classify(coded(code), 'write').kind).toBe('retry');
});

test("what an engine said on a stream is told without the client's own words", () => {
  const error = Object.assign(new Error('(HTTP code 500) server error - no route '), {
    statusCode: 500,
    json: null,
  });
  expect(classify(error, 'write').message).toBe('no route');
});

test('304 is no failure', () => {
  expect(isAlreadySo(http(304, ''))).toBe(true);
  expect(isAlreadySo(http(404, ''))).toBe(false);
});

test('a message is one line without control sequences', () => {
  expect(oneLine('a\u001b[31mred\u001b[0m\nb\u0007\u0000c\u2028d')).toBe('a red b c d');
  expect(classify(http(500, 'x\r\ny'), 'read').message).toBe('x y');
});

const failure = (status: number, message: string, kind: Failure['kind'] = 'retry'): Failure => ({
  kind,
  message,
  status,
});

test('a taken port stands in the way, and is no trouble of the engine', () => {
  const taken = failure(
    500,
    'driver failed: Bind for 127.0.0.1:80 failed: port is already allocated',
  );
  expect(portInUse(taken)).toBe(true);
  expect(startFailure(taken).kind).toBe('conflict');
});

test.each([
  failure(
    400,
    'OCI runtime create failed: exec: "nope": executable file not found in $PATH',
    'terminal',
  ),
  failure(404, 'OCI runtime create failed: stat /nope: no such file or directory', 'absent'),
  failure(500, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH'),
  failure(404, 'network mlenv-x not found', 'absent'),
  failure(
    500,
    'error setting rlimits for ready process: error setting rlimit type 8: operation not permitted',
  ),
  failure(500, 'unable to find user nobody: no matching entries in passwd file'),
])('a start that cannot help is terminal: %o', (given) => {
  expect(startFailure(given).kind).toBe('terminal');
});

test('a start keeps the rest as it was', () => {
  expect(startFailure(failure(404, 'No such container: x', 'absent')).kind).toBe('absent');
  expect(startFailure(failure(500, 'no space left on device')).kind).toBe('retry');
  expect(startFailure(failure(500, 'context deadline exceeded')).kind).toBe('retry');
});
