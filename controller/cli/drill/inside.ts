import type { Api, EnvironmentRef } from '../../model/api.ts';

/** A command in a container, with what it wrote to both streams. Throws ApiError where it could not be run. */
export const runInside = async (
  api: Api,
  ref: EnvironmentRef,
  argv: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> => {
  const session = await api.exec(ref, {
    argv,
    tty: false,
    stdin: false,
    env: {},
    columns: null,
    rows: null,
  });
  try {
    const decoder = new TextDecoder();
    let output = '';
    for await (const { data } of session.output) {
      // An answer is a few lines; what is longer is none.
      if (output.length < 100_000) output += decoder.decode(data, { stream: true });
    }
    const code = await session.exitCode();
    return { code: code.ok ? code.value : null, output };
  } finally {
    session.close();
  }
};
