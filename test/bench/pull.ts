import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.ts';
import { ms, percentile } from './figures.ts';
import { isCreate, isStart, passages, startController } from './passages.ts';
import { makeProject, sleepers } from './project.ts';
import { recordCalls } from './record-calls.ts';
import type { Figure } from './report.ts';

/** How long after the end of a `git pull` the engine is asked for what it brought. */
export async function pull(options: {
  readonly socket: string;
  readonly image: string;
  readonly samples: number;
}): Promise<Figure> {
  const { socket, image, samples } = options;
  const base = mkdtempSync(join(tmpdir(), 'mlenv-bench-'));
  const listenOn = join(base, 'watched.sock');
  const watch = passages();
  const recorder = await recordCalls({ listenOn, engine: socket, onPassage: watch.note });
  const project = makeProject({ base, host: `unix://${listenOn}` });
  project.save({});
  const git = (...args: readonly string[]): void => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
    execFileSync('git', [...who, ...args], { cwd: project.folder, stdio: 'ignore' });
  };
  // A clone whose remote is some commits ahead: one pull brings one of them.
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'mlenv.yaml');
  git('commit', '--quiet', '--message=Begin');
  git('branch', 'here');
  for (let count = 1; count <= samples; count += 1) {
    project.save(sleepers(image, count));
    git('commit', '--quiet', '--all', `--message=Add e${count - 1}`);
    git('branch', `after-${count}`);
  }
  git('checkout', '--quiet', 'here');
  await run(project.mlenv(['up']));
  const controller = startController(project, join(base, 'controller.log'));
  try {
    await watch.next(({ path }) => /\/events/.test(path), 30_000);
    await sleep(2_000);
    const values: number[] = [];
    for (let count = 1; count <= samples; count += 1) {
      const created = watch.next(isCreate, 60_000);
      const started = watch.next(isStart, 60_000);
      git('pull', '--quiet', '--ff-only', '.', `after-${count}`);
      const at = performance.now();
      values.push((await created).at - at);
      await started;
      await sleep(1_000);
    }
    return {
      name: 'git pull has ended → create call',
      values,
      text: ms,
      goal: 'p50 100 ms',
      note: `p99 ${ms(percentile(values, 0.99))}`,
    };
  } catch (error) {
    const log = readFileSync(join(base, 'controller.log'), 'utf8').slice(-2000);
    throw new Error(`${String(error)}\n${log}`, { cause: error });
  } finally {
    controller.kill('SIGTERM');
    await once(controller, 'exit');
    await run(project.mlenv(['rm', '--volumes'], `unix://${socket}`));
    await recorder.close();
    rmSync(base, { recursive: true, force: true });
  }
}
