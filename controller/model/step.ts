import type { ContainerConfig, ResourceUpdate } from './container.ts';
import type { BindSource } from './ports.ts';
import type { SecretSeed } from './secret.ts';

/** One effect on the engine. A plan is a list of these; act/ carries out one of them a pass. */
export type Step =
  | { readonly kind: 'pull'; readonly image: string; readonly why: string }
  | {
      readonly kind: 'create';
      readonly config: ContainerConfig;
      /** Named volumes to make first where they are missing. */
      readonly volumes: readonly VolumeSeed[];
      /** Laid out first, as the engine binds no folder that is not there; null: none. */
      readonly secrets: SecretSeed | null;
      readonly why: string;
    }
  | {
      readonly kind: 'start';
      readonly containerId: string;
      /** Written into a container that has never run, before it does; null otherwise. */
      readonly seed: ContainerSeed | null;
      /** Laid out anew; null: none. */
      readonly secrets: SecretSeed | null;
      /** What the engine is about to mount from the host. */
      readonly binds: readonly BindSource[];
      readonly why: string;
    }
  | {
      readonly kind: 'update';
      readonly containerId: string;
      readonly resources: ResourceUpdate;
      readonly why: string;
    }
  | {
      readonly kind: 'disconnect';
      readonly containerId: string;
      readonly network: string;
      readonly why: string;
    }
  | { readonly kind: 'unpause'; readonly containerId: string; readonly why: string }
  | {
      readonly kind: 'stop';
      readonly containerId: string;
      readonly graceMs: number;
      readonly why: string;
    }
  | {
      readonly kind: 'remove';
      readonly containerId: string;
      /** Also the image's own, unnamed volumes. */
      readonly volumes: boolean;
      readonly why: string;
    };

export type StepKind = Step['kind'];

export interface VolumeSeed {
  /** The engine's name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What makes `user: host` work in any image: a passwd and group entry, a home, owned volumes. */
export interface ContainerSeed {
  /** Whom fresh volumes are given to; null: left as they are. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** The account to write into /etc/passwd and /etc/group; null: none. */
  readonly account: { readonly name: string; readonly home: string } | null;
  /** Engine names and targets of the named volumes; those never seeded before are given to `owner`. */
  readonly volumes: readonly { readonly name: string; readonly target: string }[];
}
