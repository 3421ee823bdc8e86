import { parseArgs } from 'node:util';
import { runSeed } from './seed.ts';

/** npm run campaign -- --minutes N | --seed S: the long form of what npm test plays a part of. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    from: { type: 'string' },
  },
});

const tell = (text: string): void => void process.stdout.write(`${text}\n`);

const causes = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack ?? error.message}${error.cause === undefined ? '' : `\n${causes(error.cause)}`}`
    : String(error);

const playOne = async (seed: number): Promise<boolean> => {
  try {
    const { hash, effects } = await runSeed(seed);
    if (values.seed !== undefined) tell(`seed ${seed}: ${effects} effects, trace ${hash}`);
    return true;
  } catch (error) {
    tell(`seed ${seed} breaks a promise; npm run campaign -- --seed ${seed} plays it again`);
    tell(causes(error));
    return false;
  }
};

const playMany = async (minutes: number, first: number): Promise<void> => {
  const until = Date.now() + minutes * 60_000;
  let failed = 0;
  let seed = first;
  let toldAt = Date.now();
  for (; Date.now() < until; seed += 1) {
    if (!(await playOne(seed))) failed += 1;
    if (Date.now() - toldAt >= 10_000) {
      tell(`${seed - first + 1} seeds, ${failed} failed`);
      toldAt = Date.now();
    }
  }
  tell(`${seed - first} seeds from ${first}, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
};

if (values.seed !== undefined) {
  process.exitCode = (await playOne(Number(values.seed))) ? 0 : 1;
} else {
  // Another part of the numbers each time; it is printed, so that it can be played again.
  await playMany(Number(values.minutes), Number(values.from ?? Date.now() % 1_000_000_000));
}
