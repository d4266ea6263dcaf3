/** What is there at the moment, of things that come and go all the time. */
export type Roster<T> = {
  /** Takes one in; what it gives back takes that one out again, and does so once. */
  enter(one: T): () => void;
  all(): readonly T[];
};

/**
 * An array, in which the last one takes the place of who goes. A `Set` would do the same in fewer lines, and keep what
 * has gone: V8 gives it a new table every few changes, each old table leads to the next one, and to what stood in it.
 * Once one of them has grown old, no collection of the young finds any that came after it dead.
 */
export function createRoster<T>(): Roster<T> {
  type Place = { readonly one: T; at: number };
  const places: Place[] = [];
  return {
    enter(one) {
      const place: Place = { one, at: places.length };
      places.push(place);
      return () => {
        if (places[place.at] !== place) return;
        const last = places.pop() as Place;
        if (last === place) return;
        last.at = place.at;
        places[place.at] = last;
      };
    },
    all: () => places.map(({ one }) => one),
  };
}
