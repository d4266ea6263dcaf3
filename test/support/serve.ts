import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import type { Readable } from 'node:stream';
import { spawnPostern } from './cli.ts';
import { folderWith } from './temp-dir.ts';

export const TRADE_POLICY = `department: trade
title: Trade
members: { networks: [127.0.0.1] }
default: allow
rules:
  - id: deepseek
    block: { domains: [deepseek.com] }
`;

/** The same department, which blocks another service too. */
export const STRICTER_POLICY = `${TRADE_POLICY}  - id: example
    block: { domains: [example.org] }
`;

/** Its fourth line has a key that no policy has. */
export const BROKEN_POLICY = TRADE_POLICY.replace('default: allow', 'defautl: allow');

/** A fresh checkout as `postern serve` finds it: policies, and nothing else. */
export const freshFolder = (policy = TRADE_POLICY): string => folderWith({ 'policies/trade.yaml': policy });

export type Line = Readonly<Record<string, unknown>>;

export type Serve = {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly port: number;
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly logFile: string;
  /** The next line on stdout of this kind (`serve --json`); lines before it are passed over. */
  announced(kind: string): Promise<Line>;
  /** Sends a signal and waits for the end of the process. */
  end(signal: NodeJS.Signals): Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  /** The lines of the decision log. */
  log(): Line[];
};

export type ServeSetup = {
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its configuration says where to listen. */
  readonly ownListeners?: boolean;
};

/** Runs `postern serve --json` on a free port, and waits until it listens. */
export async function startServe({ cwd, args = [], env = {}, ownListeners }: ServeSetup): Promise<Serve> {
  const listen = ownListeners || args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const child = spawnPostern(['serve', '--json', ...listen, ...args], { cwd, env });
  const out = lineReader(child, child.stdout as Readable);
  const err = lineReader(child, child.stderr as Readable);
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (status, signal) => resolve({ status, signal })),
  );
  const announced = async (kind: string): Promise<Line> => {
    const line = await out.next((text) => (JSON.parse(text) as Line).kind === kind, err.text);
    return JSON.parse(line) as Line;
  };
  const listening = await announced('listening');
  const endpoints = listening.endpoints as Serve['endpoints'];
  const logFile = String(listening.log);
  return {
    pid: child.pid ?? 0,
    process: child,
    port: endpoints[0]?.port ?? 0,
    endpoints,
    logFile,
    announced,
    ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    log: () => linesOf(logFile),
  };
}

export function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the last line is torn: ${text.slice(-200)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

export type LineReader = {
  /** The next line that satisfies the condition; rejects when the process ends without one. */
  next(condition: (line: string) => boolean, why?: () => string): Promise<string>;
  /** All that came so far. */
  text(): string;
};

/** Reads what a process prints, line by line. */
export function lineReader(child: ChildProcess, stream: Readable): LineReader {
  const lines: string[] = [];
  let rest = '';
  let passed = 0;
  let isOver = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  child.once('close', () => {
    isOver = true;
    wake();
  });
  return {
    text: () => [...lines, rest].join('\n'),
    next: (condition, why = () => '') =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const index = lines.findIndex((line, place) => place >= passed && condition(line));
          if (index !== -1) {
            passed = index + 1;
            resolve(lines[index] ?? '');
          } else if (isOver) reject(new Error(`it ended first: ${lines.join('\n')}\n${why()}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Whether something accepts connections there. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
