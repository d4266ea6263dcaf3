import { closeSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file that lines are appended to by group commit, as databases do: the lines of one turn of the event loop go to
 * the kernel in one write, and those who wait for them go on after it.
 */
export type Segment = {
  append(line: string): void;
  /** Resolves to whether all lines appended so far are with the kernel (and on the disk, when `fsync` is `always`). */
  committed(): Promise<boolean>;
  /** Opens the path anew, after a log rotation has moved the file away; if that fails, the open file stays. */
  reopen(): Error | undefined;
  close(): void;
  /** Why the last write failed; undefined when it did not. */
  fault(): Error | undefined;
  /** How many lines were lost for want of room in memory, in all. */
  lostLines(): number;
};

export type Fsync = 'never' | 'always';

/** How long to wait before writing again to a disk that refused, in ms. */
const RETRY_MS = 1_000;

/** What is kept in memory while the disk refuses; beyond it the newest lines are lost, and a line says how many. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** `onFault` hears when writing starts to fail, and undefined when it works again. */
export function openSegment(
  path: string,
  fsync: Fsync,
  onFault: (error: Error | undefined) => void,
): Segment {
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  let descriptor = openForAppend(path);
  let lines: string[] = [];
  /** What is left of a write that the kernel took in part: it begins inside a line, and completes it. */
  let rest: Buffer = Buffer.alloc(0);
  /** Of both. */
  let pendingBytes = 0;
  /** Since the last line that said so, and in all. */
  let lost = 0;
  let lostLines = 0;
  let commit: PromiseWithResolvers<boolean> | undefined;
  let scheduled: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let fault: Error | undefined;
  let isClosed = false;

  const writeRest = (): void => {
    while (rest.length > 0) {
      const written = writeSync(descriptor, rest);
      pendingBytes -= written;
      rest = rest.subarray(written);
    }
  };

  const writePending = (): void => {
    // One write for all lines; but while the disk refuses, the first alone asks, and the backlog is not copied in vain.
    const batches = fault === undefined ? [lines.join('')] : lines;
    let begun = 0;
    try {
      writeRest();
      for (const batch of batches) {
        rest = Buffer.from(batch);
        begun += 1;
        writeRest();
      }
      if (fsync === 'always') fdatasyncSync(descriptor);
    } finally {
      lines = batches.slice(begun);
    }
  };

  const flush = (): void => {
    clearImmediate(scheduled);
    clearTimeout(retry);
    scheduled = retry = undefined;
    let written = true;
    try {
      writePending();
      if (lost > 0) noteLoss();
    } catch (error) {
      written = false;
      if (fault === undefined) onFault(error as Error);
      fault = error as Error;
      retry = setTimeout(flush, RETRY_MS).unref();
    }
    if (written && fault !== undefined) {
      fault = undefined;
      onFault(undefined);
    }
    commit?.resolve(written);
    commit = undefined;
  };

  const noteLoss = (): void => {
    const line = { v: 1, time: new Date().toISOString(), event: 'gap', lines: lost };
    lost = 0;
    const text = `${JSON.stringify(line)}\n`;
    push(text, Buffer.byteLength(text));
    writePending();
  };

  const push = (line: string, bytes: number): void => {
    lines.push(line);
    pendingBytes += bytes;
  };

  return {
    append(line) {
      if (isClosed) return;
      const bytes = Buffer.byteLength(line);
      if (pendingBytes + bytes > MAX_PENDING_BYTES) {
        lost += 1;
        lostLines += 1;
        return;
      }
      push(line, bytes);
      scheduled ??= setImmediate(flush);
    },
    committed() {
      if (scheduled === undefined) return Promise.resolve(fault === undefined);
      commit ??= Promise.withResolvers<boolean>();
      return commit.promise;
    },
    reopen() {
      flush();
      const old = descriptor;
      try {
        descriptor = openForAppend(path);
        closeSync(old);
        return undefined;
      } catch (error) {
        return error as Error;
      }
    },
    fault: () => fault,
    lostLines: () => lostLines,
    close() {
      if (isClosed) return;
      flush();
      clearTimeout(retry);
      isClosed = true; // the number of a closed descriptor may soon be another file's
      closeSync(descriptor);
    },
  };
}

// Readable by the group that collects logs, by nobody else: the lines say who went where.
function openForAppend(path: string): number {
  const descriptor = openSync(path, 'a+', 0o640);
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  // A crash or a full disk may have left half a line, which would swallow the next one.
  if (size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n')
    writeSync(descriptor, '\n');
  return descriptor;
}
