import type { VisitEnding } from '../decision-log/parse-visit.ts';

/**
 * What a client showed in all its visits: it only asked for pages, it also refused the certificate, it only refused
 * that, or it showed neither.
 */
export type Client = 'trusting' | 'mixed' | 'refusing' | 'unclear';

export type DepartmentReach = {
  /** Undefined: clients of no department. */
  readonly department: string | undefined;
  readonly clients: Readonly<Record<Client, number>>;
  /** The addresses of those that refused the certificate, each with whether a page was asked for there too. */
  readonly refused: readonly { readonly client: string; readonly alsoTrusts: boolean }[];
};

export type Departments = {
  /** Notes a visit; false when there is no room for one more client. */
  note(department: string | undefined, client: string, ending: Exclude<VisitEnding, 'not-shown'>): boolean;
  /** By the names of the departments; clients of none come last. */
  reach(): readonly DepartmentReach[];
};

/** In all departments together: an address and what it showed take about a hundred bytes. */
const MAX_CLIENTS = 500_000;

/** What a client showed so far: one bit for each. */
const SHOWN = { unclear: 0, seen: 1, refused: 2 } as const;

export function createDepartments(maxClients = MAX_CLIENTS): Departments {
  const departments = new Map<string | undefined, Map<string, number>>();
  let clients = 0;
  return {
    note(department, client, ending) {
      const known = departments.get(department);
      const shown = known?.get(client);
      if (shown === undefined && clients >= maxClients) return false;
      const among = known ?? new Map<string, number>();
      if (known === undefined) departments.set(department, among);
      if (shown === undefined) clients += 1;
      among.set(client, (shown ?? 0) | SHOWN[ending]);
      return true;
    },
    reach: () =>
      [...departments]
        .toSorted(([one], [other]) => byName(one, other))
        .map(([department, among]) => reachOf(department, among)),
  };
}

function reachOf(department: string | undefined, among: ReadonlyMap<string, number>): DepartmentReach {
  const clients: Record<Client, number> = { trusting: 0, mixed: 0, refusing: 0, unclear: 0 };
  const refused: { client: string; alsoTrusts: boolean }[] = [];
  for (const [client, shown] of among) {
    const kind = clientOf(shown);
    clients[kind] += 1;
    if (kind === 'mixed' || kind === 'refusing') refused.push({ client, alsoTrusts: kind === 'mixed' });
  }
  return { department, clients, refused };
}

function clientOf(shown: number): Client {
  const hasRefused = (shown & SHOWN.refused) !== 0;
  if ((shown & SHOWN.seen) !== 0) return hasRefused ? 'mixed' : 'trusting';
  return hasRefused ? 'refusing' : 'unclear';
}

const byName = (one: string | undefined, other: string | undefined): number => {
  if (one === undefined || other === undefined) return one === other ? 0 : one === undefined ? 1 : -1;
  return one < other ? -1 : 1;
};
