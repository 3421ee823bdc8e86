import type { CommandFact } from './actions.ts';

const usual = '/usr/local/bin/mlenv';

/** The unit of the package, with the command where this machine has it. */
export const unitText = (unit: string, command: CommandFact): string => {
  if (command.linked && command.nodeOnPath) return unit;
  const words = [command.node, command.script].map(unitWord).join(' ');
  return unit.replace(`ExecStart=${usual} `, () => `ExecStart=${words} `);
};

/** A word as systemd reads it back. */
const unitWord = (path: string): string => {
  const text = path.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text;
};
