const ENTER = new Set(['\r', '\n', '\u0004']); // Ctrl+D ends it too
const INTERRUPT = '\u0003';
const RUBOUT = new Set(['\u007f', '\b']);

/** What a person types at the terminal, unseen; undefined where there is no terminal, or on Ctrl+C. */
export function askSecret(question: string): Promise<string | undefined> {
  const { stdin } = process;
  if (!stdin.isTTY) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let typed: readonly string[] = [];
    const end = (answer: string | undefined): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
      resolve(answer);
    };
    const take = (chunk: string): void => {
      for (const character of chunk) {
        if (character === INTERRUPT || ENTER.has(character)) {
          end(character === INTERRUPT ? undefined : typed.join(''));
          return;
        }
        typed = RUBOUT.has(character) ? typed.slice(0, -1) : [...typed, character];
      }
    };
    stdin.setRawMode(true); // before the question: what is typed from then on is not shown
    stdin.setEncoding('utf8').on('data', take).resume();
    process.stderr.write(question);
  });
}
