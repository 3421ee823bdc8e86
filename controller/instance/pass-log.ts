import type { PassReport } from '../loop/controller.ts';
import { isEnvironmentKey, parseKey } from '../model/key.ts';
import type { Store } from '../model/store.ts';
import type { Log } from '../report/log.ts';

/**
 * A line for each pass: with its number in this process, and with what it was about as the record has it then.
 * What went well is for `--log-level debug` alone, and then alone looked up.
 */
export const createPassLog = ({
  store,
  log,
}: {
  readonly store: Pick<Store, 'projects' | 'environments'>;
  readonly log: Log;
}): ((report: PassReport) => void) => {
  let pass = 0;
  return ({ controller, key, outcome, durationMs, attempts, againInMs, panic }) => {
    pass += 1;
    const failed = outcome.kind === 'retry' || outcome.kind === 'terminal';
    if (!failed && !log.isLevelEnabled('debug')) return;
    const fields = {
      pass,
      controller,
      key,
      ...aboutOf(store, controller, key),
      outcome: outcome.kind,
      durationMs,
      ...(againInMs === null ? {} : { againInMs }),
    };
    if (panic !== undefined) log.error({ ...fields, error: stackOf(panic) }, 'a pass threw');
    else if (failed) log.warn({ ...fields, attempts, error: outcome.message }, 'a pass failed');
    else log.debug(fields, 'pass');
  };
};

/** A project by the name that people know it by, which its id is not. */
const aboutOf = (
  store: Pick<Store, 'projects' | 'environments'>,
  controller: string,
  key: string,
): object => {
  if (controller === 'project') return { project: store.projects.get(key)?.name };
  if (controller !== 'environment' || !isEnvironmentKey(key)) return {};
  const { projectId, environment } = parseKey(key);
  const record = store.environments.get(key);
  return {
    project: store.projects.get(projectId)?.name,
    environment,
    ...(record === null ? {} : { reason: record.reason, generation: record.generation }),
  };
};

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
