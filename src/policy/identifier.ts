/** The form of what policies name: departments, rules, exceptions, services and lists. */
export const IDENTIFIER = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Whether policies can name something so. */
export const isIdentifier = (text: string): boolean => IDENTIFIER.test(text);
