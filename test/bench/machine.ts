import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures were measured on, and whether it had time for them. */
export function machine(now: Date): { readonly line: string; readonly warning: string | null } {
  const cores = cpus().length;
  const load = loadavg()[0] ?? 0;
  const parts = [
    now.toISOString().slice(0, 10),
    `${cores} cores (${(cpus()[0]?.model ?? 'unknown').trim()})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `Node ${process.version.slice(1)}`,
    `load ${load.toFixed(2)} at the start`,
  ];
  return { line: parts.join(', '), warning: warningAt(load, cores) };
}

/** A quarter of the cores in use already moves every figure of a run. */
export function warningAt(load: number, cores: number): string | null {
  return load <= cores / 4
    ? null
    : `the machine is busy (load ${load.toFixed(2)} on ${cores} cores): these figures tell little`;
}
