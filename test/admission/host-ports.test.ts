import { describe, expect, it } from 'vitest';
import { portGate } from '../../controller/admission/host-ports.ts';
import { collide, portBook } from '../../controller/admission/port-book.ts';
import type { Ledger } from '../../controller/admission/gate.ts';
import type { PortWish } from '../../controller/model/environment.ts';
import type { HostPort } from '../../controller/model/ports.ts';
import { ledger, lease, port, request } from '../support/admission-builders.ts';

const ask = (ports: readonly PortWish[], over: Partial<Ledger> = {}): string => {
  const from = ledger(over);
  const answer = portGate(request({ ports }), portBook(from.leases), from);
  return answer.kind === 'admit'
    ? answer.leases.map(({ container, host }) => `${container}→${host}`).join(' ')
    : `${answer.reason}: ${answer.message}`;
};

const busy = (from: number, to: number): readonly HostPort[] =>
  Array.from({ length: to - from + 1 }, (_, n) => ({
    hostIp: '0.0.0.0',
    port: from + n,
    protocol: 'tcp',
  }));

describe('host ports', () => {
  it.each([
    ['none asked', [], {}, ''],
    ['a free one', [port()], {}, '8888→8888'],
    ['any', [port({ host: 'auto' })], {}, '8888→20000'],
    [
      'one that another environment holds',
      [port()],
      { leases: [lease({ environment: 'other' })] },
      'PortInUse: 127.0.0.1:8888 is held by vision/other',
    ],
    [
      'one of another project, where people read their own alone',
      [port()],
      {
        leases: [lease({ projectId: 'p2', environment: 'other' })],
        hidesNames: true,
      },
      'PortInUse: 127.0.0.1:8888 is held by another environment',
    ],
    [
      'one that somebody else has bound',
      [port()],
      { busy: busy(8888, 8888) },
      'PortInUse: 127.0.0.1:8888 is in use by something on this host',
    ],
    [
      'one on all addresses, held on one',
      [port({ hostIp: '0.0.0.0' })],
      { leases: [lease({ environment: 'other' })] },
      'PortInUse: 0.0.0.0:8888 is held by vision/other',
    ],
    [
      'the same number for the other protocol',
      [port({ protocol: 'udp' })],
      { leases: [lease({ environment: 'other' })] },
      '8888→8888',
    ],
    [
      'any, past what is held and what is bound',
      [port({ host: 'auto' })],
      { leases: [lease({ environment: 'other', host: 20_000 })], busy: busy(20_001, 20_003) },
      '8888→20004',
    ],
    [
      'any, of which none is free',
      [port({ host: 'auto' })],
      { busy: busy(20_000, 20_009) },
      'NoFreePort: no port is free from 20000 to 20009',
    ],
  ] as const)('%s', (_, ports, over, expected) => {
    expect(ask(ports, over)).toBe(expected);
  });

  it('given before are kept, also where our own container has them bound', () => {
    const own = [lease({ host: 20_007, auto: true })];
    expect(ask([port({ host: 'auto' })], { leases: own, busy: busy(20_007, 20_007) })).toBe(
      '8888→20007',
    );
    expect(ask([port()], { leases: [lease()], busy: busy(8888, 8888) })).toBe('8888→8888');
  });

  it('given before are given back where the file asks for others', () => {
    expect(ask([port({ host: 9999 })], { leases: [lease()] })).toBe('8888→9999');
    expect(ask([], { leases: [lease()] })).toBe('');
  });

  it('that the file names are chosen before any automatic one', () => {
    const ports = [port({ host: 'auto' }), port({ container: 81, host: 20_000 })];
    expect(ask(ports)).toBe('81→20000 8888→20001');
  });

  it('that the file names are taken from an automatic one of the same environment', () => {
    const ports = [port({ host: 'auto' }), port({ container: 81, host: 20_000 })];
    expect(ask(ports, { leases: [lease({ host: 20_000, auto: true })] })).toBe(
      '81→20000 8888→20001',
    );
  });

  it('are never one for two ports of the file', () => {
    const twice = [port({ host: 8888 }), port({ host: 'auto' })];
    expect(ask(twice, { leases: [lease()] })).toBe('8888→8888 8888→20000');
  });
});

describe('two addresses', () => {
  const at = (hostIp: string, number = 80): HostPort => ({
    hostIp,
    port: number,
    protocol: 'tcp',
  });
  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '0.0.0.0', true],
    ['::', '127.0.0.1', true],
  ])('%s and %s collide: %s', (a, b, expected) => {
    expect(collide(at(a), at(b))).toBe(expected);
    expect(collide(at(b), at(a))).toBe(expected);
    expect(collide(at(a), at(b, 81))).toBe(false);
  });
});
