/** A source that cannot be read. It is thrown, since a stream has no other way to fail, and caught where reading ends. */
export class SourceFault extends Error {
  readonly hint: string;
  constructor(problem: string, hint: string) {
    super(problem);
    this.hint = hint;
  }
}
