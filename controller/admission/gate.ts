import type { PortWish } from '../model/environment.ts';
import type { HostPort } from '../model/ports.ts';
import type { EnvironmentKey } from '../model/key.ts';
import type { Reason } from '../model/reason.ts';
import type { PortLease, ProjectQuota } from '../model/record.ts';

/** One environment that wants to start. */
export interface AdmissionRequest {
  readonly key: EnvironmentKey;
  readonly projectId: string;
  readonly environment: string;
  readonly projectPath: string;
  /** Since when it asks: who came first is served first. */
  readonly requestedAt: number;
  readonly ports: readonly PortWish[];
  readonly cpus: number;
  readonly memoryBytes: number;
  /** It has a container already, which counts until it is deleted. */
  readonly hasContainer: boolean;
}

/** What has been given out, as the record has it. Gates read it; only the serial step writes it. */
export interface Ledger {
  readonly leases: readonly PortLease[];
  /** By project path. */
  readonly quotas: ReadonlyMap<string, ProjectQuota>;
  /** By project path: everything granted or existing. */
  readonly usage: ReadonlyMap<string, Usage>;
  /** Ports that something else on the host has bound. */
  readonly busy: readonly HostPort[];
  /** For people. */
  readonly projectName: (projectId: string) => string;
  readonly autoPorts: { readonly from: number; readonly to: number };
}

export interface Usage {
  readonly containers: number;
  readonly cpus: number;
  readonly memoryBytes: number;
}

export const noUsage: Usage = { containers: 0, cpus: 0, memoryBytes: 0 };

export type GateAnswer =
  | { readonly kind: 'admit' }
  | { readonly kind: 'wait'; readonly reason: Reason; readonly message: string };

export const admit: GateAnswer = { kind: 'admit' };

export const wait = (
  reason: Reason,
  message: string,
): Extract<GateAnswer, { readonly kind: 'wait' }> => ({
  kind: 'wait',
  reason,
  message,
});
