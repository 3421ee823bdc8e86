import { describe, expect, it } from 'vitest';
import { imageFacts } from '../../controller/catalog/image-facts.ts';
import type { ImageConfig } from '../../controller/model/registry.ts';

const config = (
  env: Readonly<Record<string, string>>,
  more: Partial<ImageConfig> = {},
): ImageConfig => ({
  architecture: 'amd64',
  os: 'linux',
  variant: null,
  created: '2024-01-26T05:00:00Z',
  labels: {},
  history: [],
  ...more,
  env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
});

describe('imageFacts', () => {
  it('reads the config of nvidia/pytorch:24.01-py3 as it was recorded, and not its labels', () => {
    const pytorch = config(
      {
        CUDA_VERSION: '12.3.2.001',
        CUDA_DRIVER_VERSION: '545.23.08',
        PYTORCH_VERSION: '2.2.0a0+81ea7a4',
        NVIDIA_PYTORCH_VERSION: '24.01',
        NVIDIA_PRODUCT_NAME: 'PyTorch',
        CUDNN_VERSION: '8.9.7.29+cuda12.2',
        NCCL_VERSION: '2.19.4',
        TENSORRT_VERSION: '8.6.1.6',
        NVIDIA_REQUIRE_CUDA: 'cuda>=9.0',
        LD_LIBRARY_PATH: '/usr/local/lib/python3.10/dist-packages/torch/lib:/usr/local/cuda/lib',
      },
      { labels: { 'com.nvidia.cuda.version': '9.0' } },
    );
    expect(imageFacts(pytorch)).toEqual({
      framework: 'PyTorch',
      frameworkVersion: '2.2.0a0+81ea7a4',
      release: '24.01',
      cuda: '12.3',
      cudaFull: '12.3.2.001',
      cudnn: '8.9.7.29+cuda12.2',
      nccl: '2.19.4',
      python: '3.10',
      driver: '545.23.08',
      requires: [[{ subject: 'cuda', operator: '>=', value: '9.0' }]],
      architecture: 'amd64',
      createdAt: Date.UTC(2024, 0, 26, 5),
    });
  });

  it.each([
    [
      'Triton',
      config({
        NVIDIA_PRODUCT_NAME: 'Triton Server',
        TRITON_SERVER_VERSION: '2.50.0',
        NVIDIA_TRITON_SERVER_VERSION: '24.09',
        CUDA_VERSION: '12.6.1.006',
      }),
      { framework: 'Triton Server', frameworkVersion: '2.50.0', release: '24.09', cuda: '12.6' },
    ],
    [
      'bare CUDA',
      config({ NVIDIA_PRODUCT_NAME: 'CUDA', CUDA_VERSION: '12.6.3' }),
      { framework: 'CUDA', frameworkVersion: '12.6.3', cuda: '12.6', cudaFull: '12.6.3' },
    ],
    [
      'a product that nobody here knows',
      config({ NVIDIA_PRODUCT_NAME: 'Holoscan', CUDA_VERSION: '12.6.3' }),
      { framework: 'Holoscan', frameworkVersion: null },
    ],
    [
      'PyTorch of Docker Hub, without a product name',
      config({ PYTORCH_VERSION: '2.4.0', CUDA_VERSION: '' }),
      { framework: 'PyTorch', frameworkVersion: '2.4.0', release: null, cuda: null },
    ],
    [
      'a build argument in the history',
      config({}, { history: ['ARG PYVER=3.10', '|1 PYVER=3.12 /bin/sh -c true', ''] }),
      { python: '3.12', framework: null },
    ],
    ['the image of Python', config({ PYTHON_VERSION: '3.12.3' }), { python: '3.12' }],
    ['one that says nothing', config({}, { created: null }), { python: null, createdAt: null }],
    ['text where a number is due', config({ CUDA_VERSION: 'twelve' }), { cuda: null }],
  ])('reads %s', (_, given, facts) => {
    expect(imageFacts(given)).toMatchObject(facts);
  });
});
