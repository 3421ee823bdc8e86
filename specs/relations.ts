import type { Environment, PortWish } from '../controller/model/environment.ts';
import { fault, type Fault, type Path } from './fault.ts';
import { nearest } from './nearest.ts';
import { portsClash } from './resolve-ports.ts';
import { quoted } from './safe-text.ts';

/** What one environment says of another, in the order of the file. */
export interface Related {
  readonly name: string;
  /** As far as it can be read; null: not at all. */
  readonly wish: Environment | null;
}

/** Faults between environments. Paths begin at the file. */
export const relationFaults = (environments: readonly Related[]): readonly Fault[] => [
  ...unknownDependencies(environments),
  ...cycles(environments),
  ...portClashes(environments),
];

const unknownDependencies = (environments: readonly Related[]): readonly Fault[] => {
  const names = environments.map(({ name }) => name);
  return environments.flatMap(({ name, wish }) =>
    (wish?.dependsOn ?? [])
      .filter(({ environment }) => !names.includes(environment))
      .map(({ environment }): Fault => {
        const others = names.filter((other) => other !== name);
        const meant = nearest(environment, others);
        return fault('E_DEPENDENCY_UNKNOWN', dependencyPath(name, environment), {
          message: `there is no environment ${quoted(environment)} to depend on`,
          hint: meant === null ? '' : `did you mean ${quoted(meant)}?`,
        });
      }),
  );
};

/** A marker that `placeOf` resolves in a list as well as in a map. */
const dependencyPath = (name: string, environment: string): Path => [
  'environments',
  name,
  'dependsOn',
  environment,
];

const cycles = (environments: readonly Related[]): readonly Fault[] => {
  const edges = new Map(
    environments.map(({ name, wish }) => [
      name,
      (wish?.dependsOn ?? []).map(({ environment }) => environment),
    ]),
  );
  const done = new Set<string>();
  const faults: Fault[] = [];
  // Without recursion: a file may hold a chain of a thousand environments.
  for (const start of edges.keys()) {
    const trail: { readonly name: string; next: number }[] = [];
    if (!done.has(start)) trail.push({ name: start, next: 0 });
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const to = edges.get(top.name)?.[top.next];
      top.next += 1;
      if (to === undefined) {
        done.add(top.name);
        trail.pop();
        continue;
      }
      const index = trail.findIndex(({ name }) => name === to);
      if (index >= 0) faults.push(cycleFault(trail.slice(index).map(({ name }) => name)));
      else if (edges.has(to) && !done.has(to)) trail.push({ name: to, next: 0 });
    }
  }
  return faults;
};

const cycleFault = (names: readonly string[]): Fault => {
  const [first = '', second = first] = names;
  return fault('E_DEPENDENCY_CYCLE', dependencyPath(first, second), {
    message: `environments wait for each other: ${[...names, first].join(' → ')}`,
    hint: 'remove one of these dependencies',
  });
};

const portClashes = (environments: readonly Related[]): readonly Fault[] => {
  const before = new Map<PortWish['host'], { readonly name: string; readonly port: PortWish }[]>();
  const faults: Fault[] = [];
  for (const { name, wish } of environments) {
    for (const [index, port] of (wish?.ports ?? []).entries()) {
      const same = before.get(port.host) ?? [];
      const other = same.find((one) => one.name !== name && portsClash(one.port, port));
      before.set(port.host, [...same, { name, port }]);
      if (other === undefined) continue;
      faults.push(
        fault('E_PORT_CLASH', ['environments', name, 'ports', index], {
          message: `host port ${String(port.host)} belongs to ${quoted(other.name)} already`,
          hint: 'choose another host port, or write host: auto',
        }),
      );
    }
  }
  return faults;
};
