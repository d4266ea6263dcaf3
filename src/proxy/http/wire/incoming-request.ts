import type net from 'node:net';
import { valuesOf } from '../headers.ts';
import type { Refusal } from '../refusal.ts';
import { Body, type BodySource } from './body.ts';
import type { RequestHead } from './request-head.ts';

/** A request of a client, and its body as it comes. */
export class IncomingRequest implements RequestHead {
  readonly socket: net.Socket;
  readonly method: string;
  readonly requestTarget: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  /** Which of HTTP's rules it breaks; then its body is not read, and nothing behind it. */
  readonly violation: Refusal | undefined;
  readonly body: Body;

  constructor(socket: net.Socket, head: RequestHead, violation: Refusal | undefined, source: BodySource) {
    this.socket = socket;
    this.method = head.method;
    this.requestTarget = head.requestTarget;
    this.httpVersion = head.httpVersion;
    this.rawHeaders = head.rawHeaders;
    this.violation = violation;
    this.body = new Body(source);
  }

  /** A field that is a list, with all its lines as one (RFC 9110 section 5.3). */
  list(name: string): string | undefined {
    const values = valuesOf(this.rawHeaders, name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** Who expects 100 may wait for it (RFC 9110 section 10.1.1); no other expectation, and none in HTTP/1.0, means that. */
  get awaitsContinue(): boolean {
    return this.httpVersion !== '1.0' && this.list('expect')?.toLowerCase() === '100-continue';
  }
}
