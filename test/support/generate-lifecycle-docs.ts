import { acts, endStates, ofJob, ofService, type State } from './endings.ts';
import { documentStatus, phases } from '../../controller/model/phase.ts';
import { lifecycle, observations, observe } from '../../controller/plan/lifecycle.ts';

/** The text of docs/lifecycle.md, drawn from the machine that the controller runs. */
export const lifecycleDocs = (): string =>
  [
    introduction,
    `## What MLEnv decides\n\nEach edge is one decision; after the slash stands its one effect on the engine. Where there is no edge, the decision cannot be taken: nothing running is removed, and nothing at all follows from \`unknown\`.\n\n${diagram(decisionEdges())}`,
    `## What MLEnv sees\n\nAn observation may lead anywhere, as the world does not ask. Edges that lead back to where they begin are left out; the table below has them all.\n\n${diagram(observationEdges())}`,
    `## Every state and every observation\n\n${observationTable()}`,
    endings(),
    `## What the database calls them\n\n${statusTable()}`,
  ].join('\n\n') + '\n';

const endings = (): string => {
  const head = `| | ${acts.join(' | ')} |\n|${' --- |'.repeat(acts.length + 1)}`;
  const rows = (cell: (state: State, index: number) => string): string =>
    endStates
      .map((state) => `| ${state} | ${acts.map((_, index) => cell(state, index)).join(' | ')} |`)
      .join('\n');
  return `${endingsText}

A job (\`restart: never\`) runs once for each time that it is asked for. Whether it runs again:

${head}
${rows((state, index) => ((ofJob[state][index] ?? 0) > 0 ? 'runs' : '–'))}

One with \`restart: on-failure\`. Whether it runs in the end:

${head}
${rows((state, index) => (ofService[state][index] === true ? 'runs' : '–'))}`;
};

const endingsText = `## Who ended it

Why a run ended is a fact that is written down, never read from an exit code or a span of time: a stop of MLEnv's own with its cause, before the engine is asked (\`down\`, \`rm\`, \`state: stopped\`, idle, maxLifetime, a change, \`restart\`, unhealthy, lost GPUs, no longer in the file); or what proves it: it ended by itself with an exit code, was stopped or removed outside MLEnv, the kernel ended it for its memory limit, or the engine or the host went down.

- A hold that is lifted (\`mlenv up\`, \`state: running\`, the end of a change) starts again what the hold stopped, whatever its exit code was: no restart is counted and no back-off waited for. What had ended by itself before stays ended.
- \`mlenv up\` runs what never ran or was stopped by a hold. \`mlenv restart ENV\`, or \`rm\` and then \`up\`, repeats what ended; \`rm\` + \`up\` counts restarts from zero.
- No edit, pull, pending update, reboot, new controller or rebuilt database runs a job again that has ended; its status says that the spec has changed since. \`rerun: onChange\` in the file asks for it with each change.
- What ended while no controller watched may have been stopped by anybody: it is started again, and that counts as no crash.
- After the database was rebuilt, what does not run is held as Rebuilt until \`mlenv up\`; a job until it is named, by \`mlenv up -e ENV\` or \`mlenv restart ENV\`, as nobody knows whether it had run. The \`restart\` of what is held down is refused.
- A job that is taken out of the file, removed after its grace and put in again later is a new one.`;

const introduction = `# Lifecycle

<!-- Drawn from controller/plan/lifecycle.ts by npm run docs:lifecycle. -->

The life of one environment's container is one [xstate](https://stately.ai/docs) machine, used through its pure \`transition\` alone: no actor runs, and no timer is armed. Only the name of the state is stored; deadlines are columns of the record, and an unknown state is found again by looking.

Observations are what the engine shows:

| Observation | The container |
| --- | --- |
| \`absent\` | is not there |
| \`created\` | was made and has never run |
| \`probing\` | runs, and its health check has not answered yet |
| \`up\` | runs, and is healthy or has no health check |
| \`unhealthy\` | runs, and its health check fails |
| \`paused\` | is frozen by \`docker pause\` |
| \`exited\` | has ended |
| \`removing\` | is being removed by the engine, or is half removed |
| \`lost\` | could not be looked at: the engine does not answer |`;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

const diagram = (edges: readonly Edge[]): string => {
  const inside = children
    .map(({ parent, names }) => [
      `    state ${parent} {`,
      `        [*] --> ${names[0] ?? ''}`,
      ...names.map((name) => `        ${name}`),
      '    }',
    ])
    .flat();
  const lines = merged(edges).map(({ from, to, label }) => `    ${from} --> ${to}: ${label}`);
  return ['```mermaid', 'stateDiagram-v2', '    [*] --> pending', ...inside, ...lines, '```'].join(
    '\n',
  );
};

const states = Object.values(lifecycle.states);

const children = states.flatMap((state) => {
  const names = Object.values(state.states).map((child) => nodeName(child));
  return names.length === 0 ? [] : [{ parent: state.key, names }];
});

/** All edges of the machine, as xstate itself has resolved them. */
const allEdges = states.flatMap((state) =>
  [...state.transitions].flatMap(([event, transitions]) =>
    transitions.map(({ target, actions }) => ({
      event,
      from: nodeName(state),
      to: nodeName(target?.[0] ?? state),
      effects: actions.flatMap(effectOf),
    })),
  ),
);

function nodeName(node: { readonly path: readonly string[] }): string {
  return node.path.join('_');
}

function effectOf(action: unknown): readonly string[] {
  if (typeof action !== 'object' || action === null || !('params' in action)) return [];
  const { params } = action;
  return typeof params === 'object' && params !== null && 'step' in params
    ? [String(params.step)]
    : [];
}

const decisionEdges = (): readonly Edge[] =>
  allEdges
    .filter(({ event }) => !event.startsWith('seen.'))
    .map(({ event, from, to, effects }) => ({
      from,
      to,
      label: effects.length === 0 ? event : `${event} / ${effects.join(', ')}`,
    }));

const observationEdges = (): readonly Edge[] =>
  allEdges
    .filter(({ event, from, to }) => event.startsWith('seen.') && from !== to)
    .map(({ event, from, to }) => ({ from, to, label: event.slice('seen.'.length) }));

/** One line for all that leads from one state to the same other one. */
const merged = (edges: readonly Edge[]): readonly Edge[] => {
  const byEnds = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to}`;
    const known = byEnds.get(key);
    byEnds.set(
      key,
      known === undefined ? edge : { ...edge, label: `${known.label}, ${edge.label}` },
    );
  }
  return [...byEnds.values()];
};

const observationTable = (): string =>
  table(
    ['Was', ...observations.map((observation) => `\`${observation}\``)],
    phases.map((phase) => [
      `\`${phase}\``,
      ...observations.map((observation) => observe(phase, observation)),
    ]),
  );

const statusTable = (): string =>
  table(
    ['State', '`container_instances.status`'],
    phases.map((phase) => [`\`${phase}\``, documentStatus[phase] ?? '(the last one stays)']),
  );

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
