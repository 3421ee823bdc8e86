/** What a command does, as far as the in-memory engine understands commands. */
export type Behaviour =
  /** Not in the image. */
  | { readonly kind: 'missing'; readonly program: string }
  | {
      readonly kind: 'program';
      readonly output: readonly Line[];
      /** null: runs until it is stopped. */
      readonly exit: { readonly afterMs: number; readonly code: number } | null;
      /** Goes on when it is asked to end. */
      readonly ignoresTerm: boolean;
      /** With which exit code it ends when it is asked to. */
      readonly termCode: number;
    };

export interface Line {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly afterMs: number;
}

/**
 * A few words of shell, so that one test can run here and on a real engine: `sleep N`, `true`,
 * `false`, `env`, and `sh -c` with `echo … [>&2]`, `sleep`, `exit N` and `trap '' TERM` or `trap 'exit N' TERM` in a row. A program
 * whose name begins with "no-such" is missing; every other one runs until it is stopped.
 */
export function behaviourOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Behaviour {
  const [program = '', ...rest] = argv;
  if (program.includes('no-such') || program === '') return { kind: 'missing', program };
  const base = program.slice(program.lastIndexOf('/') + 1);
  if (base === 'env') return printed(env);
  if (base === 'sh' && rest[0] === '-c') return run((rest[1] ?? '').split(/;|&&/));
  return run([[base, ...rest].join(' ')]);
}

const printed = (env: Readonly<Record<string, string>>): Behaviour => ({
  kind: 'program',
  output: Object.entries(env).map(([name, value]) => ({
    stream: 'stdout',
    text: `${name}=${value}\n`,
    afterMs: 0,
  })),
  exit: { afterMs: 0, code: 0 },
  ignoresTerm: false,
  termCode: 143,
});

function run(statements: readonly string[]): Behaviour {
  const output: Line[] = [];
  let afterMs = 0;
  let ignoresTerm = false;
  let termCode = 143;
  let code = 0;
  const ended = (): Behaviour => ({
    kind: 'program',
    output,
    ignoresTerm,
    termCode,
    exit: { afterMs, code },
  });
  for (const statement of statements) {
    const [word = '', ...rest] = statement
      .trim()
      .replace(/^exec /, '')
      .split(/\s+/);
    switch (word) {
      case '':
        break;
      case 'true':
      case 'false':
        code = word === 'true' ? 0 : 1;
        break;
      case 'exit':
        code = Number(rest[0] ?? code);
        return ended();
      case 'trap':
        ignoresTerm = rest[0] === "''";
        if (rest[0] === "'exit") termCode = Number.parseInt(rest[1] ?? '0', 10);
        break;
      case 'echo': {
        const toError = rest.at(-1) === '>&2';
        const text = (toError ? rest.slice(0, -1) : rest).join(' ').replace(/^(['"])(.*)\1$/, '$2');
        output.push({ stream: toError ? 'stderr' : 'stdout', text: `${text}\n`, afterMs });
        break;
      }
      case 'sleep': {
        const seconds = Number(rest[0]);
        if (!Number.isFinite(seconds))
          return { kind: 'program', output, ignoresTerm, termCode, exit: null };
        afterMs += seconds * 1000;
        break;
      }
      default:
        return { kind: 'program', output, ignoresTerm, termCode, exit: null };
    }
  }
  return ended();
}
