import type { Command } from 'commander';
import { unitFile } from '../../../schema/files.ts';
import { ApiError } from '../../model/api.ts';
import type { SetupFacts, SetupPlan } from '../../setup/actions.ts';
import type { Machine } from '../../setup/machine.ts';
import { planSetup } from '../../setup/plan.ts';
import { systemPlaces, userPlaces, type SetupPlaces } from '../../setup/places.ts';
import { planRemoval } from '../../setup/removal.ts';
import { note, say, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { manPage } from '../man.ts';
import { openPrompt, type Prompt } from '../prompt.ts';
import { answersFrom, checkAdmins, configOf, homeOf, type SetupFlags } from '../setup-answers.ts';
import { doneLines, planLines } from '../setup-text.ts';
import { scripts } from './completion.ts';
import { run as runDoctor } from './doctor.ts';

export interface SetupOptions extends SetupFlags {
  readonly yes?: true;
  readonly dryRun?: true;
  readonly remove?: true;
  readonly user?: true;
}

export const run = async (
  context: Context,
  program: Command,
  options: SetupOptions,
): Promise<number> => {
  const { io, ports } = context;
  const places = placesFor(context, options);
  const asks = options.yes === undefined && options.dryRun === undefined;
  if (asks && !io.stdin.isTTY)
    throw new ApiError(
      'usage',
      'there is no terminal to ask on: say --yes, or --dry-run to look first',
    );
  const machine = await ports.machine();
  const prompt = asks ? openPrompt(context) : null;
  try {
    const stamp = new Date(io.clock.now())
      .toISOString()
      .replaceAll(/[-:]|\..*/g, '')
      .replace('T', '-');
    const here = await machine.facts(places, { watch: [], stamp });
    if (options.remove === true) {
      const plan = planRemoval(places, here);
      if (!(await carryOut(context, { machine, plan, prompt, options }))) return exitCode.done;
      say(context, '\nMLEnv is no longer set up here. What stays:');
      for (const line of plan.leaves) say(context, `  ${line}`);
      return exitCode.done;
    }
    const answers = await answersFrom(context, { flags: options, places, here, prompt });
    await checkAdmins(machine, answers);
    const facts = await machine.facts(places, {
      watch: (answers.watch ?? []).map(({ path }) => path),
      stamp,
    });
    const plan = planSetup({
      places,
      facts,
      answers,
      material: {
        unit: unitFile(places.scope),
        completions: scripts,
        manPage: manPage(program, io.version),
      },
    });
    checkConfig(context, { places, plan, here });
    if (!(await carryOut(context, { machine, plan, prompt, options }))) return exitCode.done;
    return await finish(context, places, facts);
  } finally {
    await prompt?.close();
  }
};

const placesFor = ({ io, config }: Context, options: SetupOptions): SetupPlaces => {
  if (config !== null || (io.env['MLENV_STATE_DIR'] ?? '') !== '')
    throw new ApiError(
      'usage',
      'setup knows its own places: leave out --config, MLENV_CONFIG and MLENV_STATE_DIR',
    );
  if (options.user === true) {
    if (io.uid === 0)
      throw new ApiError('usage', "root's instance is the machine's: leave out --user");
    return userPlaces(io.env, homeOf(io));
  }
  if (io.uid !== 0 && options.dryRun === undefined)
    throw new ApiError(
      'refused',
      'a machine is set up by root: sudo mlenv setup. For an instance of your own: mlenv setup --user',
    );
  return systemPlaces;
};

/** true: it was done. */
const carryOut = async (
  context: Context,
  {
    machine,
    plan,
    prompt,
    options,
  }: {
    readonly machine: Machine;
    readonly plan: SetupPlan;
    readonly prompt: Prompt | null;
    readonly options: SetupOptions;
  },
): Promise<boolean> => {
  if (plan.blocked.length > 0) throw new ApiError('refused', plan.blocked.join('\n  '));
  if (options.dryRun === true || prompt !== null)
    for (const line of planLines(plan)) say(context, line);
  if (plan.actions.length === 0) say(context, 'Everything is as it should be.');
  if (options.dryRun === true) {
    if (plan.leaves.length > 0) say(context, 'What would stay:');
    for (const line of plan.leaves) say(context, `  ${line}`);
    say(context, 'Nothing was changed: --dry-run.');
    return false;
  }
  if (prompt !== null && plan.actions.length > 0 && !(await prompt.confirm('\nDo this?'))) {
    say(context, 'Nothing was changed.');
    return false;
  }
  for (const action of plan.actions) {
    if (prompt === null) for (const line of doneLines(action)) say(context, line);
    await machine.apply(action);
  }
  if (prompt === null) for (const each of plan.notes) note(context, `  note    ${each}`);
  return true;
};

/** What will be written is read the way the controller reads it. */
const checkConfig = (
  { io }: Context,
  {
    places,
    plan,
    here,
  }: {
    readonly places: SetupPlaces;
    readonly plan: SetupPlan;
    readonly here: SetupFacts;
  },
): void => {
  for (const action of plan.actions) {
    if (action.kind !== 'file' || action.path !== places.config) continue;
    const entries = new Map(here.entries).set(places.config, {
      kind: 'file',
      text: action.content,
      mode: action.mode,
    });
    configOf(places, { ...here, entries }, io);
  }
};

const finish = async (
  context: Context,
  places: SetupPlaces,
  facts: SetupFacts,
): Promise<number> => {
  const own = places.scope === 'user';
  const serves = facts.systemd === 'running' ? await answersSoon(context) : null;
  say(context, '\nmlenv doctor:');
  const doctor = await runDoctor(context, { output: 'text' });
  const journal = `journalctl ${own ? '--user ' : ''}-u mlenv -f`;
  if (serves === false) {
    note(context, `\nThe service does not answer yet. What it says: ${journal}`);
    return exitCode.failed;
  }
  say(context, '\nWhat people type next, each in the folder of a project:');
  say(context, '  mlenv init     # an mlenv.yaml to begin with');
  say(context, '  mlenv up       # containers as it says');
  say(context, '  mlenv status');
  if (serves === null) {
    say(context, 'No systemd runs here. This is the service, to be started by hand:');
    say(context, '  mlenv controller');
  } else {
    say(context, `${own ? 'You' : 'Administrators'}: mlenv status --all; ${journal}`);
    if (own)
      say(
        context,
        `To have it run while you are logged out: sudo loginctl enable-linger ${context.io.user}`,
      );
  }
  return doctor;
};

/** The first reading of all folders may take a slow disk a while. */
const answersSoon = async (context: Context): Promise<boolean> => {
  const { io, ports, host } = context;
  for (let tries = 0; tries < 60 && !io.signal.aborted; tries += 1) {
    try {
      const connection = await ports.connect({ write: false, host, config: null });
      await connection.close();
      if (connection.mode === 'controller') return true;
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
    }
    await new Promise<void>((wake) => {
      io.clock.setTimer(1000, wake);
    });
  }
  return false;
};
