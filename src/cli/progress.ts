/** How far a long piece of work is. Bytes of the source, because their sum is known beforehand. */
export type Progress = {
  /** So many bytes more are done. */
  advance(bytes: number): void;
  /** Takes the bar away: what the work found is printed in its place. */
  end(): void;
};

/** What a bar needs of a stream; `process.stderr` has it. */
export type Terminal = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

/**
 * A bar on a terminal, and nothing where nobody watches. `total` is in bytes, undefined where it is not known; `now`
 * is a clock in ms.
 */
export function startProgress(
  terminal: Terminal,
  label: string,
  total: number | undefined,
  now: () => number = () => performance.now(),
): Progress {
  if (terminal.isTTY !== true || process.env.TERM === 'dumb') return { advance: () => {}, end: () => {} };
  const startedAt = now();
  let done = 0;
  let drawnAt = startedAt;
  return {
    advance(bytes) {
      done += bytes;
      if (now() - drawnAt < REDRAW_MS) return;
      drawnAt = now();
      const line = progressLine({ label, done, total, elapsedMs: drawnAt - startedAt });
      // A line that wraps could not be taken back.
      terminal.write(CLEAR_LINE + line.slice(0, Math.max(0, (terminal.columns ?? 80) - 1)));
    },
    end: () => void terminal.write(CLEAR_LINE),
  };
}

const BAR_CHARACTERS = 20;

/** `replaying  ████████░░░░░░░░░░░░  42 %  1.2 GB of 2.9 GB  85 MB/s  0:20 left`. */
export function progressLine(state: {
  readonly label: string;
  readonly done: number;
  readonly total: number | undefined;
  readonly elapsedMs: number;
}): string {
  const { label, done, total, elapsedMs } = state;
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  if (total === undefined || total <= 0) return `${label}  ${bytesText(done)}  ${bytesText(rate)}/s`;
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * BAR_CHARACTERS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CHARACTERS - filled);
  const left = rate > 0 ? `  ${clockText(Math.max(0, total - done) / rate)} left` : '';
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${label}  ${bar} ${percent} %  ${bytesText(done)} of ${bytesText(total)}  ${bytesText(rate)}/s${left}`;
}

/** `412 B`, `1.2 GB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${units[power]}`;
}

function clockText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const padded = (part: number): string => String(part).padStart(2, '0');
  const tail = `${hours > 0 ? padded(minutes) : minutes}:${padded(whole % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
