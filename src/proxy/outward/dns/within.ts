/** What comes of the work, or `otherwise` when it takes too long; the work itself goes on. */
export async function within<T>(milliseconds: number, work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, milliseconds, otherwise);
  });
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}
