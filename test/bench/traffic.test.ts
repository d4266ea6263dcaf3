import { describe, expect, it } from 'vitest';
import { pageOf } from '../../bench/peers/page.ts';
import { resultOf } from '../../bench/traffic/load.ts';
import { isPatternAt, patternAt } from '../../bench/traffic/pattern.ts';
import { BLOCK_MARKER } from '../../bench/traffic/site.ts';

describe('the bytes of a bulk transfer', () => {
  it('tell a lost, a doubled and a moved piece from the right one', () => {
    const whole = patternAt(0, 4096);
    expect(isPatternAt(0, whole)).toBe(true);
    expect(isPatternAt(1024, whole.subarray(1024))).toBe(true);
    expect(isPatternAt(1024, whole.subarray(1025))).toBe(false);
    expect(isPatternAt(1024, whole.subarray(0, 1024))).toBe(false);
  });

  it('are the same however they are cut', () => {
    const pieces = [patternAt(0, 1000), patternAt(1000, 3000), patternAt(4000, 96)];
    expect(Buffer.concat(pieces)).toEqual(patternAt(0, 4096));
  });
});

describe('what wrk found', () => {
  const output = (wrong: string): string => `Running 1s test\n\nresult 5000 2000000 1500 9000 ${wrong}\n`;

  it('is read from the line of its script', () => {
    expect(resultOf(output('0 0 0 '), false)).toEqual({
      units: 5000,
      seconds: 2,
      p50Ms: 1.5,
      p99Ms: 9,
      wrong: 0,
      firstWrong: undefined,
    });
  });

  it('is wrong by a wrong reply and by a connection that failed', () => {
    expect(resultOf(output('2 0 0 status 502, 0 bytes'), false)).toMatchObject({
      wrong: 2,
      firstWrong: 'status 502, 0 bytes',
    });
    expect(resultOf(output('0 3 0 '), true)).toMatchObject({ wrong: 3 });
  });

  it('is wrong by a closed connection, but for a proxy that closes them', () => {
    expect(resultOf(output('0 0 7 '), false)).toMatchObject({ wrong: 7 });
    expect(resultOf(output('0 0 7 '), true)).toMatchObject({ wrong: 0 });
  });

  it('must be there', () => {
    expect(() => resultOf('unable to connect', false)).toThrow('wrk gave no result: unable to connect');
  });
});

it('the page of a peer has the size that is asked for, and the marker', () => {
  const page = pageOf(4_000);
  expect(Buffer.byteLength(page)).toBe(4_000);
  expect(page).toContain(BLOCK_MARKER);
});
