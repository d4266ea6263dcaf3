/** Browsers send less than 200; a client may send whatever its header limit lets through. */
const MAX_FIELD_LENGTH = 1024;

/** The beginning of a field that is a list, cut between two members, since half a member may mean something else. */
export function bounded(field: string): string {
  if (field.length <= MAX_FIELD_LENGTH) return field;
  const start = field.slice(0, MAX_FIELD_LENGTH);
  return start.slice(0, Math.max(0, start.lastIndexOf(',')));
}
