import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../../src/contract/attribution';
import { alarmWords, drowns, leadingAlarm } from '../../../src/contract/words/alarms';

const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  example: 0,
  layer: 'embed',
  kind: 'concentrated',
  from: 0,
  to: 0.02,
  share: 0.9812,
  ...more,
});

describe('an alarm', () => {
  it.each([
    [{}, 'embed: 98 % of the change lies below α = 0.02, which 50 even steps cannot resolve'],
    [
      { layer: null, from: 0.98, to: 1 },
      'F: 98 % of the change lies above α = 0.98, which 50 even steps cannot resolve',
    ],
    [
      { from: 1 / 3, to: 0.35, share: 0.026 },
      'embed: 2.6 % of the change lies between α = 0.33 and α = 0.35, which 50 even steps cannot resolve',
    ],
  ])('says where: %j', (more, words) => expect(alarmWords(alarm(more), 50)).toBe(words));

  it('that leads is the one of its example that says most', () => {
    const alarms = [alarm({ share: 0.3 }), alarm({ layer: 'norm' }), alarm({ example: 1, share: 1 })];
    expect(leadingAlarm({ alarms }, 0)).toEqual({ alarm: alarms[1], more: 1 });
    expect(leadingAlarm({ alarms }, 1)).toEqual({ alarm: alarms[2], more: 0 });
    expect(leadingAlarm({ alarms }, 2)).toBeNull();
  });
});

it('a difference drowns where rounding may have made it', () => {
  const delta = Float32Array.of(1e-6, -1e-6, 1);
  const deltaUncertainty = Float32Array.of(2e-6, 2e-6, 2e-6);
  expect([0, 1, 2].map((place) => drowns({ delta, deltaUncertainty }, place))).toEqual([true, true, false]);
  expect(drowns({ delta, deltaUncertainty: null }, 0)).toBe(false);
});
