/**
 * Why a container could not be made, prepared or started. The engine answers 400, 404 and 500 alike for a command that
 * is not in the image and for a network that is gone, so that its words are the only place where this stands. One table
 * for all calls up to the start: the same fault has the same outcome, whichever of them meets it first.
 */
export interface StartFault {
  readonly id: string;
  /** `spec`: another start of the same container, on any day, fails in the same way. */
  readonly blame: 'spec' | 'host';
  /** The same call cannot succeed now; false: it may the next time. */
  readonly terminal: boolean;
  /**
   * `recreate`: the container was made with something that is gone, and only a new one has what there is now.
   * `wait`: what is missing is looked up at each start, so that a new container is no better than this one.
   */
  readonly cure: 'recreate' | 'wait';
  /** The GPU that it was given has a part in it: the same one would do no better. */
  readonly blamesGpu?: true;
}

export interface StartFailure {
  /** null: it could not be created. */
  readonly containerId: string | null;
  readonly generation: number;
  readonly reason: 'StartFailed' | 'CreateRefused' | 'NameConflict';
  /** The engine's words. */
  readonly message: string;
  /** How often in a row it said the same. */
  readonly count: number;
  /** Of the last time. */
  readonly at: number;
}

interface Row extends StartFault {
  readonly words: RegExp;
}

/** Asked in this order: what the host lacks first, as an engine puts its cause at the end of a long line. */
const rows: readonly Row[] = [
  {
    id: 'network',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    words: /\bnetwork \S+ not found/i,
  },
  {
    id: 'bridge',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    words: /could not find bridge|bridge .*(?:no such network interface|does not exist)/i,
  },
  {
    id: 'bind-source',
    blame: 'host',
    terminal: true,
    cure: 'wait',
    words: /bind source path does not exist/i,
  },
  {
    id: 'volume',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    words:
      /error evaluating symlinks from mount source|error while mounting volume|failed to mount local volume|no such volume|error looking up volume plugin/i,
  },
  {
    id: 'runtime',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    words: /unknown runtime specified|unknown or invalid runtime/i,
  },
  {
    id: 'gpu',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    blamesGpu: true,
    words:
      /could not select device driver|unresolvable CDI devices|CDI device injection failed|unknown device|error gathering device information/i,
  },
  {
    id: 'gpu-hook',
    blame: 'host',
    terminal: false,
    cure: 'recreate',
    blamesGpu: true,
    words: /nvidia-container-cli|error running (?:prestart )?hook/i,
  },
  {
    id: 'limits',
    blame: 'host',
    terminal: true,
    cure: 'recreate',
    words: /setting rlimit/i,
  },
  {
    id: 'port',
    blame: 'host',
    terminal: false,
    cure: 'recreate',
    words:
      /port is already allocated|address already in use|ports are not available|cannot assign requested address/i,
  },
  {
    id: 'disk',
    blame: 'host',
    terminal: false,
    cure: 'wait',
    words: /no space left on device|disk quota exceeded/i,
  },
  {
    id: 'mount-kind',
    blame: 'spec',
    terminal: true,
    cure: 'recreate',
    words: /not a directory|is not directory|mount a directory onto a file/i,
  },
  {
    id: 'user',
    blame: 'spec',
    terminal: true,
    cure: 'recreate',
    words: /unable to find (?:user|group)|no matching entries in (?:passwd|group) file/i,
  },
  {
    id: 'command',
    blame: 'spec',
    terminal: true,
    cure: 'recreate',
    words:
      /executable file not found|exec format error|exec:? "?[^":]*"?: (?:stat [^:]*: )?(?:no such file or directory|permission denied|is a directory)/i,
  },
];

/** Nobody can say whose fault it is: the spec is not blamed, and the next try may help. */
const unknown: StartFault = { id: 'unknown', blame: 'host', terminal: false, cure: 'recreate' };

export const startFaultOf = (message: string): StartFault =>
  rows.find(({ words }) => words.test(message)) ?? unknown;
