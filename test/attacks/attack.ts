import type { DockerHand } from '../support/docker-hand.ts';
import type { PrivateDockerd } from '../support/dockerd.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import type { SharedMachine } from '../support/shared-machine.ts';

/** What one hostile user of a shared machine tries, and whether it worked. */
export interface Attack {
  readonly name: string;
  /** What it would win: `a setuid-root file on the host`. */
  readonly prize: string;
  /** `off/NAME.patch` takes the cure away, and the attack wins. */
  readonly off: string;
  readonly play: (ground: Ground) => Promise<Played>;
}

export interface Played {
  readonly won: boolean;
  /** What was seen, for people. */
  readonly seen: string;
}

/** One machine with its people, for all attacks of one run: each cleans up behind itself. */
export interface Ground {
  readonly machine: SharedMachine;
  readonly dockerd: PrivateDockerd;
  readonly docker: DockerHand;
  /** Between the product and the engine: whoever needs luck with the moment has it here. */
  readonly proxy: FaultProxy;
  /** busybox; root by its own word, as most images. */
  readonly image: string;
  /** A mount root that everybody may bind: root's, and in it a folder for each of the people. */
  readonly data: string;
  /** A file of root's on the host that nobody else may read, and what is in it. */
  readonly treasure: { readonly path: string; readonly text: string };
}

/** alice has what is worth having; mallory wants it. Neither may ask Docker for anything. */
export const alice = { name: 'alice', uid: 54_101, groups: ['vault'] };
export const mallory = { name: 'mallory', uid: 54_103, groups: ['research'] };
export const people = [alice, mallory];

/** Of the named groups, as `createSharedMachine` gives them out. */
export const gid = { vault: 64_100, research: 64_101 };
