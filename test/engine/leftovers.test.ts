import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeNamespace, reapLeftovers, startTimeOf } from '../support/dockerd-host.ts';

/** As a run that was killed outright leaves it: a folder, a namespace, and a process in it. */
async function leftover(owner: string): Promise<{
  readonly folder: string;
  readonly ended: Promise<unknown>;
  readonly kill: () => void;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-dockerd-'));
  writeFileSync(join(folder, 'owner'), owner);
  mkdirSync(join(folder, 'data'));
  makeNamespace(basename(folder));
  const child = spawn('nsenter', [`--net=/run/netns/${basename(folder)}`, 'sleep', '1000000']);
  await once(child, 'spawn');
  return { folder, ended: once(child, 'exit'), kill: () => child.kill() };
}

test('what a killed run left behind is reaped, and what a live one has is not', async () => {
  const mine = await leftover(`${process.pid} ${startTimeOf(process.pid) ?? ''}`);
  const dead = await leftover(`${process.pid} 1`);
  reapLeftovers();
  await dead.ended;
  expect(existsSync(dead.folder)).toBe(false);
  expect(existsSync(mine.folder)).toBe(true);
  // The same folder, once its owner is another process of the same number.
  writeFileSync(join(mine.folder, 'owner'), `${process.pid} 1`);
  reapLeftovers();
  await mine.ended;
  expect(existsSync(mine.folder)).toBe(false);
});
