import type net from 'node:net';
import { createLentBuffers } from './lent-buffers.ts';
import { takeOver } from './take-over.ts';

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

/**
 * One direction of a tunnel. A class, and not what closures share: there are two of them for each tunnel, for as long as
 * it is open.
 */
export class Flow {
  readonly source: net.Socket;
  /** How many bytes have come. */
  bytes = 0;
  readonly #onPassed: () => void;
  #sink: net.Socket | undefined;
  /** What had been read before the source was taken over; only until it goes on. */
  #unread: Buffer | undefined;
  readonly #isTakenOver: boolean;
  /** Where the next read goes. */
  #buffer: Buffer = SHARED;
  #borrowed: Buffer | undefined;
  /** The kernel has not taken yet all that stands in the borrowed buffer. */
  #isLent = false;

  /** `onPassed` hears whenever something has come, or has gone on after it had to wait. */
  constructor(source: net.Socket, onPassed: () => void) {
    this.source = source;
    this.#onPassed = onPassed;
    const taken = takeOver(source, {
      buffer: () => this.#buffer,
      callback: (length, filled) =>
        filled === SHARED
          ? this.#passShared(length)
          : this.#passBorrowed(filled.subarray(0, length) as Buffer, length === filled.length),
    });
    this.#isTakenOver = taken !== undefined;
    this.#unread = taken?.unread;
    source.on('close', () => {
      if (!this.#isLent) this.#giveBack();
    });
  }

  /** Lets the bytes go to `sink`, from the first that nobody has read yet, and no faster than they are taken there. */
  start(sink: net.Socket): void {
    const { source } = this;
    this.#sink = sink;
    sink.on('drain', () => source.resume());
    if (!this.#isTakenOver)
      source.on('data', (chunk: Buffer) => {
        if (!this.#pass(chunk)) source.pause();
      });
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread === undefined || this.#pass(unread)) source.resume();
  }

  #pass(chunk: Buffer, onWritten?: () => void): boolean {
    this.bytes += chunk.length;
    this.#onPassed();
    return (this.#sink as net.Socket).write(chunk, onWritten);
  }

  #passShared(length: number): boolean {
    if (length === SHARED.length) this.#buffer = this.#borrowed = large.borrow() ?? SHARED;
    return this.#pass(Buffer.from(SHARED.subarray(0, length)));
  }

  #passBorrowed(chunk: Buffer, isFull: boolean): boolean {
    if (!isFull) this.#buffer = SHARED; // that was all for now
    this.#pass(chunk, this.#onTaken);
    this.#isLent = (this.#sink as net.Socket).writableLength > 0;
    if (!this.#isLent && !isFull) this.#giveBack();
    return !this.#isLent; // nothing may be read over it
  }

  readonly #onTaken = (): void => {
    if (!this.#isLent) return; // it was taken at once
    this.#isLent = false;
    this.#onPassed();
    if (this.#buffer === SHARED || this.source.destroyed) this.#giveBack();
    this.source.resume();
  };

  #giveBack(): void {
    if (this.#borrowed !== undefined) large.giveBack(this.#borrowed);
    this.#borrowed = undefined;
    this.#buffer = SHARED;
  }
}
