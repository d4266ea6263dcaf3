import type { PolicySet } from '../policy/policy.ts';
import { succeed } from '../policy/result.ts';
import { compileSnapshot } from '../policy-store/snapshot.ts';
import { surviveFaults } from '../supervisor/faults.ts';
import { obeyPrimary } from '../supervisor/obey.ts';
import type { AnsweredOrder, Answers, Order } from './orders.ts';
import { type RunningProxy, startProxy } from './proxy.ts';
import { policiesCacheIn } from './setup.ts';

// A worker's process: one complete proxy, which does as the primary says and shares nothing with the others.

let proxy: RunningProxy | undefined;
let cache: string | undefined;
let candidate: PolicySet | undefined;

const announce = obeyPrimary(
  {
    carryOut: (order) => carryOut(order as AnsweredOrder),
    stop: async () => proxy?.stop(),
  },
  (order) => (order as Order).kind === 'stop',
);
surviveFaults((problem) => announce({ kind: 'warning', problem }));

async function carryOut(order: AnsweredOrder): Promise<Answers[AnsweredOrder['kind']]> {
  if (order.kind === 'start') return start(order);
  if (proxy === undefined) throw new Error(`${order.kind} was ordered of a worker that does not serve`);
  switch (order.kind) {
    case 'prepare': {
      const compiled = compileSnapshot(order.policies, cache);
      if (!compiled.ok) return compiled;
      candidate = compiled.value;
      return succeed(undefined);
    }
    case 'commit':
      if (candidate?.version !== order.version) throw new Error(`${order.version} was not prepared`);
      proxy.policies.replace(candidate);
      candidate = undefined;
      return undefined;
    case 'forget':
      candidate = undefined;
      return undefined;
    case 'certificates':
      proxy.useCertificates(order.certificates);
      return undefined;
    case 'authority':
      proxy.useAuthority(order.authority);
      return undefined;
    case 'look':
      proxy.useLook(order.look);
      return undefined;
    case 'ticket-secret':
      proxy.useTicketSecret(order.secret);
      return undefined;
    case 'reopen-log':
      return proxy.reopenLog();
    case 'status':
      return proxy.status();
  }
}

async function start({
  setup,
  policies,
}: Extract<Order, { readonly kind: 'start' }>): Promise<Answers['start']> {
  process.title = `postern worker ${setup.worker}`;
  cache = policiesCacheIn(setup.config.state);
  const compiled = compileSnapshot(policies, cache);
  if (!compiled.ok) return compiled;
  const started = await startProxy(setup, compiled.value, announce);
  if (!started.ok) return started;
  proxy = started.value;
  return succeed({ endpoints: proxy.endpoints });
}
