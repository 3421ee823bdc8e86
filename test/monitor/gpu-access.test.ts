import { expect, test } from 'vitest';
import { gpuAccess } from '../../controller/monitor/gpu-access.ts';

test.each([
  ['GPU 0: NVIDIA H200 (UUID: GPU-1111)\n', 0, 'good', 'nvidia-smi lists 1 card'],
  [
    'GPU 0: NVIDIA H200 (UUID: GPU-1)\n  MIG 1g.18gb     Device  0: (UUID: MIG-a)\n',
    0,
    'good',
    'nvidia-smi lists 2 cards',
  ],
  [
    'Failed to initialize NVML: Unknown Error\n',
    255,
    'bad',
    'Failed to initialize NVML: Unknown Error',
  ],
  ['No devices were found\n', 6, 'bad', 'No devices were found'],
  [
    'GPU 0: NVIDIA H200 (UUID: GPU-1)\nUnable to determine the device handle for GPU0000:02:00.0: Unknown Error\n',
    0,
    'bad',
    'Unable to determine the device handle for GPU0000:02:00.0: Unknown Error',
  ],
  [
    'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.126\n',
    18,
    'unknown',
    "the host's driver: Failed to initialize NVML: Driver/library version mismatch",
  ],
  [
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
    9,
    'unknown',
    "the host's driver: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
  ],
  [
    'OCI runtime exec failed: exec: "nvidia-smi": executable file not found in $PATH\r\n',
    126,
    'unknown',
    'the container has no nvidia-smi to ask',
  ],
  ['', 127, 'unknown', 'the container has no nvidia-smi to ask'],
  ['\u001B[31mwhat\n', 3, 'unknown', 'nvidia-smi ended with exit code 3: [31mwhat'],
  ['', 0, 'unknown', 'nvidia-smi ended with exit code 0: '],
])('%j with exit code %i is %s', (output, exitCode, kind, message) => {
  expect(gpuAccess({ output, exitCode })).toEqual({ kind, message });
});
