import { describe, expect, it } from 'vitest';
import { phases } from '../../controller/model/phase.ts';
import { decide, lifecycle, observations, observe } from '../../controller/plan/lifecycle.ts';

describe('the lifecycle machine', () => {
  it('has a defined result for every pair of phase and observation', () => {
    const table = phases.map(
      (phase) =>
        `${phase.padEnd(18)} ${observations.map((o) => observe(phase, o).padEnd(18)).join(' ')}`,
    );
    expect([
      ' '.repeat(19) + observations.map((o) => o.padEnd(18)).join(' '),
      ...table,
    ]).toMatchSnapshot();
    for (const phase of phases) {
      for (const observation of observations) {
        const config = lifecycle.states[phase.split('.')[0] as keyof typeof lifecycle.states];
        expect(
          Object.keys(config?.on ?? {}),
          `${phase} must say what seen.${observation} means`,
        ).toContain(`seen.${observation}`);
      }
    }
  });

  it('never loses the word that a run ended while the engine is silent or the container is gone', () => {
    for (const phase of ['completed', 'failed', 'backingOff'] as const) {
      expect(observe(phase, 'lost')).toBe(phase);
      expect(observe(phase, 'absent')).toBe(phase);
    }
  });

  it('names the one effect of each edge', () => {
    expect(decide('pending', 'create')).toEqual({ phase: 'creating', effect: 'create' });
    expect(decide('running.healthy', 'stop')).toEqual({ phase: 'stopping', effect: 'stop' });
    expect(decide('stopped', 'complete')).toEqual({ phase: 'completed', effect: null });
  });

  it('has no edge from a running container to its removal, nor from the unknown to anything', () => {
    expect(decide('running.healthy', 'remove')).toBeNull();
    expect(decide('running.healthy', 'create')).toBeNull();
    for (const decision of ['create', 'start', 'stop', 'remove', 'pull'] as const) {
      expect(decide('unknown', decision)).toBeNull();
    }
  });
});
