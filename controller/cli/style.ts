import { styleText } from 'node:util';
import type { CliIo, CliOutput } from './io.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Colours only where a terminal shows them; NO_COLOR and FORCE_COLOR decide before that. */
export const painter = (
  env: CliIo['env'],
  output: CliOutput,
): ((colour: Colour, text: string) => string) => {
  const forced = env['FORCE_COLOR'];
  const colours =
    forced !== undefined && forced !== ''
      ? forced !== '0'
      : output.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text);
};
