import {
  faultsAt,
  inFolder,
  inOrder,
  policyFault,
  readLock,
  readProject,
  type ReadableEnvironment,
  type SpecFiles,
} from '../../specs/index.ts';
import { judgePolicy } from '../admission/policy.ts';
import { mountRootsFor, type HostConfig } from '../model/config.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { OwnIds } from '../model/identity.ts';
import type { Owner } from '../model/record.ts';
import { policyRule, ruleIn, type PolicyRuleId } from '../model/policy.ts';

export interface PolicyRefusal {
  readonly rule: PolicyRuleId;
  readonly cure: string;
  readonly diagnostic: Diagnostic;
}

export interface PolicyCheck {
  /** As a person in this folder names it. */
  readonly file: string;
  readonly refusals: readonly PolicyRefusal[];
  /** Faults of other kinds; what stands in them is not judged. */
  readonly faults: readonly Diagnostic[];
}

/** What the file alone shows, and what the host's configuration says of all in it that can be read. */
export const checkPolicy = async (
  bytes: Uint8Array,
  {
    file,
    folder,
    owner,
    identity = null,
    config,
    files,
    now,
  }: {
    readonly file: string;
    /** Absolute, without symbolic links. */
    readonly folder: string;
    readonly owner: Owner;
    /** Who containers have to be over folders of the host; left out or null: anybody. */
    readonly identity?: OwnIds | null;
    readonly config: HostConfig;
    readonly files: SpecFiles;
    readonly now: number;
  },
): Promise<PolicyCheck> => {
  const beside = await inFolder({ files, folder }, (held) => readLock(held, { file }));
  const lock = beside.kind === 'read' && beside.parsed.kind === 'lock' ? beside.parsed.lock : null;
  const read = await readProject(bytes, {
    file,
    folder,
    files,
    hmacKey: new Uint8Array(32),
    lock,
    mountRoots: (of) => mountRootsFor(config, of),
  });
  const known: readonly ReadableEnvironment[] = read.ok
    ? read.wish.environments.map((one) => ({ ...one, placeOf: (path) => path }))
    : read.readable;
  const faults = known.flatMap(({ wish, raw, placeOf }) => {
    const request = {
      wish,
      raw,
      projectPath: folder,
      ownerUid: owner.uid,
      ownerGid: owner.gid,
      identity,
      memoryBytes:
        placeOf(['memory']) === null ? null : (wish.memoryBytes ?? config.defaults.memoryBytes),
    };
    return judgePolicy(request, config.policy, now).faults.flatMap(({ rule, path, message }) => {
      const at = placeOf(path);
      return at === null
        ? []
        : [policyFault(rule, ['environments', wish.name, ...at], { message })];
    });
  });
  const refused = faults.length === 0 ? [] : faultsAt(bytes, file, faults);
  return sorted(file, inOrder([...(read.ok ? [] : read.diagnostics), ...refused]));
};

const sorted = (file: string, diagnostics: readonly Diagnostic[]): PolicyCheck => {
  const told = diagnostics.map((diagnostic) => ({ diagnostic, rule: ruleIn(diagnostic.message) }));
  return {
    file,
    refusals: told.flatMap(({ diagnostic, rule }) =>
      rule === null ? [] : [{ rule, cure: policyRule(rule).cure, diagnostic }],
    ),
    faults: told.flatMap(({ diagnostic, rule }) => (rule === null ? [diagnostic] : [])),
  };
};
