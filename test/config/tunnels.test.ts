import { expect, test } from 'vitest';
import { configOf, problemsOf } from './support.ts';

test('a port on which a tunnel may carry anything must be one to which a tunnel may lead', () => {
  expect(problemsOf({ file: 'egress: { tunnels: { plainPorts: [443, 22] } }' })).toEqual([
    {
      at: expect.stringMatching(/:1:40$/),
      problem: 'no tunnel may lead to port 22, so nothing passes there',
      hint: 'add it to `connectPorts`, or take it out here',
    },
  ]);
  const file = 'egress: { connectPorts: [22, 443], tunnels: { plainPorts: [22] } }';
  expect(configOf({ file }).egress.tunnels.plainPorts).toEqual([22]);
});
