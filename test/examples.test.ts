import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ResolvedEnvironment } from '../controller/model/environment.ts';
import { nodeSpecFiles, readFolder } from '../specs/index.ts';

const examples = readdirSync('examples', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

test('they are the five that the documentation speaks of', () => {
  expect(examples).toEqual([
    'batch-job',
    'cpu-training',
    'minimal',
    'pytorch-notebook',
    'tensorboard',
  ]);
});

describe.each(examples)('%s', (name) => {
  test('is valid, bears the name of its folder and explains itself', async () => {
    const read = await readFolder({ ...reader, folder: join('examples', name) });
    expect(read).toMatchObject({ kind: 'valid', wish: { name } });
    expect(existsSync(join('examples', name, 'README.md'))).toBe(true);
  });
});

test('the board starts after the training, and outlives it', async () => {
  const { train, board } = await environmentsOf('tensorboard');
  expect(board?.wish.dependsOn).toEqual([{ environment: 'train', condition: 'started' }]);
  expect(train?.wish.restart).toBe('never');
  expect(board?.wish.restart).toBe('on-failure');
});

test('the training takes a card where there is one, and runs where there is none', async () => {
  const { train, board } = await environmentsOf('tensorboard');
  expect(train?.wish.gpus).toMatchObject({ count: 1, optional: true });
  expect(board?.wish.gpus).toBeNull();
});

test('a job and a long training are not killed by an edit', async () => {
  const { 'count-words': job } = await environmentsOf('batch-job');
  const { train } = await environmentsOf('cpu-training');
  expect([job?.wish.updates, train?.wish.updates]).toEqual(['manual', 'manual']);
});

test('every port is bound to this machine alone', async () => {
  const all = await Promise.all(examples.map(environmentsOf));
  const ports = all.flatMap((environments) =>
    Object.values(environments).flatMap((environment) => environment?.wish.ports ?? []),
  );
  expect(ports.length).toBeGreaterThan(2);
  for (const port of ports) expect(port.hostIp).toBe('127.0.0.1');
});

const reader = { files: nodeSpecFiles(), hmacKey: new Uint8Array(32) };

const environmentsOf = async (
  name: string,
): Promise<Readonly<Record<string, ResolvedEnvironment | undefined>>> => {
  const read = await readFolder({ ...reader, folder: join('examples', name) });
  if (read.kind !== 'valid') throw new Error(JSON.stringify(read));
  return Object.fromEntries(read.wish.environments.map((each) => [each.wish.name, each]));
};
