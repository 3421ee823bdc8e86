import { ApiError } from '../model/api-error.ts';

/** What one user may have of an instance at a time. */
export interface RequestBounds {
  /** Requests that are being answered. */
  readonly inFlight: number;
  /** Logs, followed events and execs, which stay open. */
  readonly streams: number;
  /** Requests in a second, over time; null: as many as come. */
  readonly perSecond: number | null;
  /** Requests at once after a quiet time. */
  readonly burst: number;
  /** Open connections, with those that say nothing. */
  readonly connections: number;
}

export const userBounds: RequestBounds = {
  inFlight: 32,
  streams: 64,
  perSecond: 100,
  burst: 1000,
  connections: 160,
};

/** All users together: what one process can carry, whoever they are. */
export const hostBounds: RequestBounds = {
  inFlight: 512,
  streams: 1024,
  perSecond: null,
  burst: 0,
  connections: 4096,
};

export type RequestKind = 'request' | 'stream';

export interface RequestGate {
  /** Returns its end, which may be called more than once. Throws ApiError 'busy', in words for the one who asks. */
  enter(kind: RequestKind): () => void;
  /** The same of a connection; null: there is no room for one more. */
  connect(): (() => void) | null;
}

/** `host` is shared by the gates of all users, and has no room for one user's flood. */
export const createRequestGate = (
  bounds: RequestBounds,
  {
    now,
    host,
    whose,
  }: { readonly now: () => number; readonly host?: RequestGate; readonly whose: string },
): RequestGate => {
  const open: Record<RequestKind, number> = { request: 0, stream: 0 };
  const take =
    bounds.perSecond === null ? () => true : createBucket(bounds.perSecond, bounds.burst, now);
  let connections = 0;
  return {
    enter: (kind) => {
      if (!take())
        throw new ApiError(
          'busy',
          `${whose} sent more than ${bounds.perSecond} requests a second; wait a second and try again`,
        );
      const most = kind === 'stream' ? bounds.streams : bounds.inFlight;
      if (open[kind] >= most)
        throw new ApiError(
          'busy',
          kind === 'stream'
            ? `${whose} has ${most} streams open, which is the most: end a logs, events --follow or exec, or wait`
            : `${whose} has ${most} requests in work, which is the most: wait until one has ended`,
        );
      const leave = host?.enter(kind);
      open[kind] += 1;
      return once(() => {
        open[kind] -= 1;
        leave?.();
      });
    },
    connect: () => {
      if (connections >= bounds.connections) return null;
      const leave = host === undefined ? () => {} : host.connect();
      if (leave === null) return null;
      connections += 1;
      return once(() => {
        connections -= 1;
        leave();
      });
    },
  };
};

/** A token bucket: true where one more may go now. */
export const createBucket = (
  perSecond: number,
  burst: number,
  now: () => number,
): (() => boolean) => {
  let left = burst;
  let at = now();
  return () => {
    const time = now();
    // A clock that was set back gives nothing, and takes nothing.
    left = Math.min(burst, left + (Math.max(0, time - at) / 1000) * perSecond);
    at = time;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};

const once = (run: () => void): (() => void) => {
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    run();
  };
};
