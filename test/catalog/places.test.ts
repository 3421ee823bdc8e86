import { expect, it } from 'vitest';
import { placeOf } from '../../controller/catalog/places.ts';

const at = (registry: string): string => placeOf({ registry, repository: 'a' }, []).base.href;

it('finds a registry where Docker does', () => {
  expect(at('docker.io')).toBe('https://registry-1.docker.io/');
  expect(at('nvcr.io')).toBe('https://nvcr.io/');
  expect(at('localhost:5000')).toBe('http://localhost:5000/');
  expect(at('127.0.0.1:5000')).toBe('http://127.0.0.1:5000/');
  expect(at('127.0.0.1.example')).toBe('https://127.0.0.1.example/');
});

it('goes where it is told, and keeps the token hosts that are known', () => {
  const settings = [
    { name: 'docker.io', url: 'https://mirror.example/hub', tokenHosts: ['t.example'] },
  ];
  const place = placeOf({ registry: 'docker.io', repository: 'a' }, settings);
  expect(place.base.href).toBe('https://mirror.example/hub/');
  expect(place.tokenHosts).toEqual(['auth.docker.io', 't.example']);
});
