import type net from 'node:net';
import { createLentBuffers } from './lent-buffers.ts';
import { takeOver } from './take-over.ts';

/** One direction of a tunnel. */
export type Flow = {
  readonly source: net.Socket;
  /** Lets the bytes go to `sink`, from the first that nobody has read yet, and no faster than they are taken there. */
  start(sink: net.Socket): void;
  /** How many have come. */
  bytes(): number;
};

/**
 * Into this all quiet connections read: what comes is copied, so it is free again before the next of them reads, and a
 * tunnel through which nothing passes has no memory to read into. It is a little larger than a round number, so that
 * the end of a message seldom fills it.
 */
const SHARED = Buffer.allocUnsafeSlow(65_536 + 64);

/**
 * A connection that has filled the shared one has more to say than that. It reads into one of these, until it no longer
 * fills it, and what comes is not copied: Node by itself sets aside 64 KB anew for each read. 64 MB in all at most.
 */
const large = createLentBuffers(262_144 + 64, 256);

/** `onPassed` hears whenever something has come, or has gone on after it had to wait. */
export function openFlow(source: net.Socket, onPassed: () => void): Flow {
  let sink: net.Socket;
  let bytes = 0;
  /** Where the next read goes. */
  let buffer: Buffer = SHARED;
  let borrowed: Buffer | undefined;
  /** The kernel has not taken yet all that stands in the borrowed buffer. */
  let isLent = false;

  const giveBack = (): void => {
    if (borrowed !== undefined) large.giveBack(borrowed);
    borrowed = undefined;
    buffer = SHARED;
  };
  const onTaken = (): void => {
    if (!isLent) return; // it was taken at once
    isLent = false;
    onPassed();
    if (buffer === SHARED || source.destroyed) giveBack();
    source.resume();
  };
  const pass = (chunk: Buffer, onWritten?: () => void): boolean => {
    bytes += chunk.length;
    onPassed();
    return sink.write(chunk, onWritten);
  };
  const passShared = (length: number): boolean => {
    if (length === SHARED.length) buffer = borrowed = large.borrow() ?? SHARED;
    return pass(Buffer.from(SHARED.subarray(0, length)));
  };
  const passBorrowed = (chunk: Buffer, isFull: boolean): boolean => {
    if (!isFull) buffer = SHARED; // that was all for now
    pass(chunk, onTaken);
    isLent = sink.writableLength > 0;
    if (!isLent && !isFull) giveBack();
    return !isLent; // nothing may be read over it
  };
  const taken = takeOver(source, {
    buffer: () => buffer,
    callback: (length, filled) =>
      filled === SHARED
        ? passShared(length)
        : passBorrowed(filled.subarray(0, length) as Buffer, length === filled.length),
  });
  source.once('close', () => {
    if (!isLent) giveBack();
  });
  return {
    source,
    bytes: () => bytes,
    start(to) {
      sink = to;
      sink.on('drain', () => source.resume());
      if (taken === undefined)
        source.on('data', (chunk: Buffer) => {
          if (!pass(chunk)) source.pause();
        });
      if (taken?.unread === undefined || pass(taken.unread)) source.resume();
    },
  };
}
