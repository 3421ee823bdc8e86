import type { CheckResult } from '../model/health.ts';

/**
 * What `nvidia-smi -L`, run in a container, says of its cards. Only what is known to mean a loss is one: after
 * `systemctl daemon-reload` systemd takes devices away that it was not told of
 * (NVIDIA/nvidia-container-toolkit#48). What is the host's own trouble, or cannot be asked, is no loss.
 */
export const gpuAccess = ({
  exitCode,
  output,
}: {
  readonly exitCode: number;
  readonly output: string;
}): Pick<CheckResult, 'kind' | 'message'> => {
  if (exitCode === 126 || exitCode === 127 || absent.test(output)) {
    return { kind: 'unknown', message: 'the container has no nvidia-smi to ask' };
  }
  const said = firstLine(output);
  if (hosts.test(output)) return { kind: 'unknown', message: `the host's driver: ${said}` };
  if (lost.test(output)) return { kind: 'bad', message: lineWith(lost, output) };
  const cards = output.split('\n').filter((line) => /^\s*(?:GPU \d+:|MIG )/.test(line)).length;
  if (exitCode === 0 && cards > 0) {
    return { kind: 'good', message: `nvidia-smi lists ${cards} ${cards === 1 ? 'card' : 'cards'}` };
  }
  return { kind: 'unknown', message: `nvidia-smi ended with exit code ${exitCode}: ${said}` };
};

const absent = /executable file not found|exec: "nvidia-smi"|nvidia-smi: not found/;
/** Also for everybody else on this host: made anew it would say the same. */
const hosts =
  /Driver\/library version mismatch|couldn't communicate with the NVIDIA driver|Driver Not Loaded/i;
const lost =
  /Failed to initialize NVML|No devices were found|Unable to determine the device handle|GPU is lost/i;

export const firstLine = (text: string): string => lineWith(/\S/, text);

const lineWith = (pattern: RegExp, text: string): string =>
  (text.split('\n').find((line) => pattern.test(line)) ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, longestMessage);

const longestMessage = 300;
