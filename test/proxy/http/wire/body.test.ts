import { describe, expect, test } from 'vitest';
import { Body, type BodyTaker } from '../../../../src/proxy/http/wire/body.ts';

/** A body, and what happens to its source and its taker, in order. */
function body(): { body: Body; events: string[]; taker: BodyTaker } {
  const events: string[] = [];
  return {
    events,
    body: new Body({ pause: () => events.push('pause'), resume: () => events.push('resume') }),
    taker: {
      onPiece: (piece) => events.push(`${piece.length}`),
      onComplete: () => events.push('complete'),
      onBroken: () => events.push('broken'),
    },
  };
}

describe('what comes before somebody takes it', () => {
  test('waits, and is given in order', () => {
    const { body: waiting, events, taker } = body();
    waiting.add(Buffer.alloc(1));
    waiting.add(Buffer.alloc(2));
    expect([waiting.waitingBytes, waiting.takenBytes]).toEqual([3, 0]);
    waiting.complete(['X', '1']);
    waiting.take(taker);
    expect(events).toEqual(['1', '2', 'complete']);
    expect([waiting.waitingBytes, waiting.takenBytes, waiting.rawTrailers]).toEqual([0, 3, ['X', '1']]);
  });

  test('is no more than a bound, and then as much as its taker takes', () => {
    const { body: waiting, events, taker } = body();
    waiting.add(Buffer.alloc(65_536));
    expect(events).toEqual([]);
    waiting.add(Buffer.alloc(1));
    expect(events).toEqual(['pause']);
    waiting.take({
      ...taker,
      onPiece(piece) {
        taker.onPiece(piece);
        waiting.pause();
      },
    });
    expect(events).toEqual(['pause', 'resume', '65536', 'pause', '1', 'pause']);
    expect([waiting.isPaused, waiting.pauses]).toEqual([true, 2]);
    waiting.resume();
    expect(waiting.isPaused).toBe(false);
  });

  test('is no more than so many pieces, however small', () => {
    const { body: waiting, events } = body();
    for (let count = 0; count < 1_024; count++) waiting.add(Buffer.alloc(1));
    expect(events).toEqual([]);
    waiting.add(Buffer.alloc(1));
    expect(events).toEqual(['pause']);
  });

  test('may be broken already', () => {
    const { body: broken, events, taker } = body();
    broken.break();
    broken.take(taker);
    expect(events).toEqual(['broken']);
  });
});

test('a body that is complete breaks no more, and holds nobody back', () => {
  const { body: whole, events, taker } = body();
  whole.take(taker);
  whole.complete([]);
  whole.break();
  whole.pause();
  whole.resume();
  expect([events, whole.state]).toEqual([['complete'], 'complete']);
});

test('a body breaks once', () => {
  const { body: broken, events, taker } = body();
  broken.take(taker);
  broken.break();
  broken.break();
  expect([events, broken.state]).toEqual([['broken'], 'broken']);
});

test('of a body that is discarded nobody hears, and it is read to its end', () => {
  const { body: unwanted, events, taker } = body();
  unwanted.take(taker);
  unwanted.pause();
  unwanted.discard();
  unwanted.add(Buffer.alloc(100_000));
  unwanted.complete([]);
  expect([events, unwanted.waitingBytes]).toEqual([['pause', 'resume'], 0]);
});
