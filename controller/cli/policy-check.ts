import { faultsAt, policyFault, readProject, type SpecFiles } from '../../specs/index.ts';
import { judgePolicy } from '../admission/policy.ts';
import type { HostConfig } from '../model/config.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
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
  /** Faults of other kinds; while there are any, what the host's policy says cannot be asked. */
  readonly faults: readonly Diagnostic[];
}

/** What the file alone shows, and, where it is whole, what the host's configuration says of it. */
export const checkPolicy = async (
  bytes: Uint8Array,
  {
    file,
    folder,
    ownerUid,
    config,
    files,
    now,
  }: {
    readonly file: string;
    /** Absolute, without symbolic links. */
    readonly folder: string;
    readonly ownerUid: number;
    readonly config: HostConfig;
    readonly files: SpecFiles;
    readonly now: number;
  },
): Promise<PolicyCheck> => {
  const read = await readProject(bytes, { file, folder, files, hmacKey: new Uint8Array(32) });
  if (!read.ok) return sorted(file, read.diagnostics);
  const faults = read.wish.environments.flatMap(({ wish, raw }) => {
    const request = {
      wish,
      raw,
      projectPath: folder,
      ownerUid,
      memoryBytes: wish.memoryBytes ?? config.defaults.memoryBytes,
    };
    return judgePolicy(request, config.policy, now).faults.map(({ rule, path, message }) =>
      policyFault(rule, ['environments', wish.name, ...path], { message }),
    );
  });
  return sorted(file, faultsAt(bytes, file, faults));
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
