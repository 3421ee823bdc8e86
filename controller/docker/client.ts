import type Docker from 'dockerode';
import type { LoginFor } from '../model/registry.ts';
import type { Deadlines } from './call.ts';

/** What the parts of this folder share: one client, its deadlines, and what the engine can do. */
export interface Connection {
  readonly docker: Docker;
  readonly deadlines: Deadlines;
  /** Whether the kernel counts swap: only then may a swap limit be asked for. */
  readonly swapLimit: boolean;
  /** How many it has; null: it does not say. */
  readonly cpus: number | null;
  readonly cgroupVersion: string;
  /** What a container gets that asks for no runtime; '' where the engine does not say. */
  readonly defaultRuntime: string;
  readonly loginFor: LoginFor;
}

/**
 * dockerode's calls as they are and as its type declarations leave them out: every one takes an
 * abort signal, and create takes query and body apart (else the whole body, secrets and all, is
 * written into the URL as well).
 */
export interface Client {
  version(options: Signalled): Promise<unknown>;
  info(options: Signalled): Promise<unknown>;
  createContainer(options: {
    readonly _query: Readonly<Record<string, string>>;
    readonly _body: object;
    readonly abortSignal: AbortSignal;
  }): Promise<unknown>;
  getImage(reference: string): Inspectable;
  getNetwork(name: string): Inspectable;
  getContainer(id: string): { stats(options: object): Promise<unknown> };
  readonly modem: { dial(options: DialOptions, done: DialCallback): void };
}

interface Inspectable {
  /** As for the rest: `{ abortSignal }`. */
  inspect(options: object): Promise<unknown>;
}

export interface Signalled {
  readonly abortSignal: AbortSignal;
}

export const clientOf = (docker: Docker): Client => docker;

/** A GET whose body is read as it comes, also where dockerode itself would collect it whole. */
export function openStream(
  docker: Docker,
  request: {
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
  },
  signal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    clientOf(docker).modem.dial(
      {
        path: `${request.path}?`,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        options: { _query: request.query },
        statusCodes: { 200: true },
      },
      (error, reply) => {
        if (error !== null && error !== undefined) reject(error);
        else if (isStream(reply)) resolve(reply);
        else reject(new Error('no stream in the answer'));
      },
    );
  });
}

export const isStream = (reply: unknown): reply is NodeJS.ReadableStream =>
  typeof reply === 'object' && reply !== null && Symbol.asyncIterator in reply;

interface DialOptions {
  readonly path: string;
  readonly method: string;
  readonly isStream: boolean;
  readonly abortSignal: AbortSignal;
  readonly options: object;
  readonly statusCodes: Readonly<Record<number, boolean>>;
}

type DialCallback = (error: Error | null | undefined, reply: unknown) => void;
