import type { IncomingMessage } from 'node:http';
import type { Refusal } from './message-rules.ts';

/** What Node's parser has to say of bytes that are no request. */
export type ParserError = NodeJS.ErrnoException & {
  /** The segment in which it gave up, and where in it. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
};

export type RequestLine = Pick<IncomingMessage, 'method' | 'url'>;

/** The most of a target that is looked at for the log: it is as long as its sender likes. */
export const MAX_TARGET_CHARACTERS = 2_048;

/** The head that the parser refused, as far as the last segment shows it; an earlier request may stand before it. */
function refusedHead({ rawPacket, bytesParsed = 0 }: ParserError): string {
  const packet = rawPacket?.toString('latin1') ?? '';
  const before = packet.lastIndexOf('\r\n\r\n', bytesParsed - 4);
  return packet.slice(before === -1 || bytesParsed < 4 ? 0 : before + 4);
}

/** The line that a refused head began with, if it can be told from noise. */
export function refusedLine(error: ParserError): RequestLine | undefined {
  const line = refusedHead(error).slice(0, MAX_TARGET_CHARACTERS).split('\r\n', 1)[0] ?? '';
  const [method, url] = line.split(' ');
  return method !== undefined && /^[A-Z_-]{1,20}$/.test(method) && url !== undefined
    ? { method, url }
    : undefined;
}

/** What Node's parser refused, as the status that fits. */
export function parserViolation(error: ParserError): Refusal {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return isTargetAlone(refusedHead(error))
        ? { status: 414, problem: 'the request target is too long' }
        : { status: 431, problem: 'the header fields are too large' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 431, problem: 'the header fields are too large' };
    case 'HPE_INVALID_METHOD':
      // Noise is no method that we merely do not know (RFC 9110 section 15.6.2).
      return /^[!#$%&'*+.^_`|~\w-]+ \S+ HTTP\/1\.[01]\r\n/.test(refusedHead(error))
        ? { status: 501, problem: 'the method is not known here' }
        : notHttp(error);
    case 'HPE_INVALID_VERSION':
      return / HTTP\/\d\.\d\r\n/.test(refusedHead(error))
        ? { status: 505, problem: 'this version of HTTP is not spoken on this connection' }
        : notHttp(error);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, problem: 'the request took too long to arrive' };
    default:
      return notHttp(error);
  }
}

const notHttp = (error: ParserError): Refusal => ({
  status: 400,
  problem: `the request is not valid HTTP/1.1 (${error.code ?? error.message})`,
});

/** Whether a head went over its bound within the request line: all that came, or what came last, was its target. */
const isTargetAlone = (head: string): boolean =>
  /^(?:[A-Z-]+ )?[^ \r\n]*$|^[^ \r\n]* HTTP\/\d\.\d\r\n/.test(head);
