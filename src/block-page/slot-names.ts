import { LABELS } from './words.ts';

/** What a template may name in `{{ }}`. Each of these is one text … */
export const TEXT_SLOTS = [
  'language',
  'direction',
  'kind',
  'title',
  'heading',
  'summary',
  'advice',
  'note',
  'quote',
  'origin',
  'gateway',
  'code',
  'host',
  'client',
  'time',
  'department',
  ...LABELS.map((label) => `label.${label}` as const),
] as const;
export type TextSlot = (typeof TEXT_SLOTS)[number];

/** … and each of these elements of its own, or nothing at all where there is nothing to say. */
export const PART_SLOTS = [
  'reason',
  'alternatives',
  'contact',
  'request',
  'details',
  'logo',
  'icon',
] as const;
export type PartSlot = (typeof PART_SLOTS)[number];

export type Slot = TextSlot | PartSlot;
export const SLOTS: readonly Slot[] = [...TEXT_SLOTS, ...PART_SLOTS];

/** Without these a page would not tell what is blocked and why, and whom to ask with which code. */
export const REQUIRED: Readonly<Partial<Record<Slot, string>>> = {
  code: 'people quote it when they ask',
  host: 'people must see what is blocked',
  reason: 'people must see why',
  contact: 'people must see whom to ask',
};

export const isPart = (slot: Slot): slot is PartSlot => PART_SLOTS.some((part) => part === slot);
