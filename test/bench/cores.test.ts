import { describe, expect, it } from 'vitest';
import { boundTo, coresOf, numbersIn } from '../../bench/support/cores.ts';

describe('the processors of a bench', () => {
  it('are read from the ranges that the kernel writes', () => {
    expect(numbersIn('0-2,5,8-9')).toEqual([0, 1, 2, 5, 8, 9]);
    expect(numbersIn('')).toEqual([]);
  });

  it('are one for the proxy and others for load and origins, which share where there are only two', () => {
    expect(coresOf([2, 3, 7, 8])).toEqual({ proxy: 2, load: 3, origin: 7 });
    expect(coresOf([0, 1])).toEqual({ proxy: 0, load: 1, origin: 1 });
  });

  it('are left to the system where there is only one', () => {
    expect(coresOf([0])).toEqual({ proxy: undefined, load: undefined, origin: undefined });
    expect(boundTo(undefined, ['squid', '-N'])).toEqual(['squid', '-N']);
  });
});
