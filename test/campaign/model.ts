import { profile, worldDevices } from '../support/world-cards.ts';
import type { Random } from '../../controller/model/ports.ts';

/** One environment as a history's file has it: the few fields that a history plays with. */
export interface ModelEnvironment {
  readonly image: string;
  readonly memory?: string;
  readonly restart?: 'on-failure' | 'always' | 'never';
  readonly updates?: 'auto' | 'manual';
  readonly state?: 'running' | 'stopped';
  readonly ports?: readonly unknown[];
  readonly dependsOn?: readonly string[];
  readonly command?: string;
  readonly mounts?: readonly unknown[];
  readonly gpus?: ModelGpus;
  readonly priority?: number;
}

export type ModelGpus =
  | number
  | 'all'
  | {
      readonly count?: number;
      readonly model?: string;
      readonly devices?: readonly (number | string)[];
      readonly mig?: string;
      readonly sharing?: 'shared';
      readonly optional?: true;
    };

/** What lies at one path: null, a folder without a file. */
export type ModelProject = Readonly<Record<string, ModelEnvironment>> | null;

/** Chance in the words that histories need. */
export interface Dice {
  below(limit: number): number;
  chance(part: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** null: there is nothing to pick. */
  any<T>(items: readonly T[]): T | null;
}

export const createDice = (random: Random): Dice => {
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  return {
    below,
    chance: (part) => random.fraction() < part,
    pick: (items) => items[below(items.length)] ?? items[0],
    any: (items) => items[below(items.length)] ?? null,
  };
};

export const names = ['a', 'b', 'c', 'd'] as const;

/** Two of one project never ask for the same one: that file would be invalid. */
const hostPorts: Readonly<Record<string, number>> = { a: 8080, b: 8081, c: 8082, d: 8083 };

/** `before`: the names that it may depend on. */
export const newEnvironment = (
  dice: Dice,
  name: string,
  before: readonly string[] = [],
): ModelEnvironment => ({
  image: dice.pick(['app:1', 'app:2', 'data:1', 'data:2', 'pulled:1']),
  ...(dice.chance(0.3) ? { memory: dice.pick(['1GB', '2GB']) } : {}),
  ...(dice.chance(0.4) ? { restart: dice.pick(['on-failure', 'always', 'never']) } : {}),
  ...(dice.chance(0.3) ? { updates: dice.pick(['auto', 'manual']) } : {}),
  ...(dice.chance(0.1) ? { state: 'stopped' as const } : {}),
  ...(dice.chance(0.3)
    ? { ports: [dice.chance(0.6) ? (hostPorts[name] ?? 8079) : { container: 22, host: 'auto' }] }
    : {}),
  ...(dice.chance(0.3) && before.length > 0
    ? { dependsOn: [before[dice.below(before.length)] ?? ''] }
    : {}),
  ...(dice.chance(0.15) ? { command: dice.pick(['sleep 20', 'sh -c "sleep 15; exit 1"']) } : {}),
  ...(dice.chance(0.2) ? { mounts: [{ volume: 'cache', target: '/cache' }] } : {}),
  ...(dice.chance(0.5) ? { gpus: newGpus(dice) } : {}),
  ...(dice.chance(0.15) ? { priority: dice.pick([-1, -10]) } : {}),
});

const newGpus = (dice: Dice): ModelGpus =>
  dice.pick<ModelGpus>([
    1,
    1,
    2,
    3,
    'all',
    { model: 'A100' },
    { count: 2, model: 'H100' },
    { count: 2, optional: true },
    { model: 'H100', optional: true },
    { devices: [0] },
    { devices: [worldDevices[2].id] },
    { sharing: 'shared' },
    { sharing: 'shared' },
    { mig: profile },
    { mig: profile },
  ]);

/** One field is another one; who depends on whom stays. */
export const edited = (
  dice: Dice,
  name: string,
  environment: ModelEnvironment,
): ModelEnvironment => {
  const { dependsOn: _, ...fresh } = newEnvironment(dice, name);
  const { dependsOn } = environment;
  return dice.chance(0.5)
    ? { ...environment, image: fresh.image }
    : { ...fresh, ...(dependsOn === undefined ? {} : { dependsOn }) };
};

/** What depends on one that is gone would make the file invalid. */
export const without = (project: NonNullable<ModelProject>, name: string): ModelProject =>
  Object.fromEntries(
    Object.entries(project)
      .filter(([other]) => other !== name)
      .map(([other, { dependsOn, ...rest }]) => {
        const left = (dependsOn ?? []).filter((one) => one !== name);
        return [other, left.length === 0 ? rest : { ...rest, dependsOn: left }];
      }),
  );

/** A change waits for a person: said so, or a job that runs once, or a training on cards. */
export const isProtected = ({
  updates,
  restart,
  gpus = 0,
}: {
  readonly updates?: unknown;
  readonly restart?: unknown;
  readonly gpus?: unknown;
}): boolean => updates === 'manual' || (updates !== 'auto' && (restart === 'never' || gpus !== 0));
