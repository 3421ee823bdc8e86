import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a private dockerd in `folder` needs to give out cards that are not there: `bin` goes into its PATH. */
export function writeGpuStandIns(folder: string, cdiDevices: readonly string[]): void {
  writeGpuHook(folder);
  mkdirSync(join(folder, 'cdi'), { recursive: true });
  if (cdiDevices.length > 0) {
    writeFileSync(join(folder, 'cdi', 'nvidia.json'), JSON.stringify(cdiSpec(cdiDevices)));
  }
}

/** Also from another process than the one that started the engine in `folder`. */
export function failGpuHook(folder: string, fails: boolean): void {
  if (fails) writeFileSync(join(folder, hookFails), '');
  else rmSync(join(folder, hookFails), { force: true });
}

const hookFails = 'hook-fails';

/** The daemon's `cdi-spec-dirs`, and CDI switched on: since 28.2. */
export const knowsCdi = (): boolean => {
  const said = execFileSync('dockerd', ['--version'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /version v?(\d+)\.(\d+)/.exec(said) ?? [];
  return Number(major) > 28 || (major === '28' && Number(minor) >= 2);
};

/** The engine registers its driver for NVIDIA's cards where it finds this program at its start. */
function writeGpuHook(folder: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(
    join(folder, 'bin', 'nvidia-container-runtime-hook'),
    `#!/bin/sh\nif [ -e '${join(folder, hookFails)}' ]; then echo 'the card does not answer' >&2; exit 1; fi\n`,
    { mode: 0o755 },
  );
}

const cdiSpec = (names: readonly string[]): object => ({
  cdiVersion: '0.5.0',
  kind: 'nvidia.com/gpu',
  devices: names.map((name) => ({
    name,
    containerEdits: { env: [`CDI_${name.replaceAll('-', '_')}=here`] },
  })),
});
