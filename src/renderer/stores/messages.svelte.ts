/** Faults and short confirmations, in a place of their own until they are read, undone or out of date. */
import { asMhoError, type MhoFault } from '../../contract/errors';

/** What a message is about: when that goes right, is replaced or gone, the message has nothing to say any more. */
export type About = 'model' | 'session' | 'data' | 'baseline' | 'run' | `closed ${string}`;

export interface Message {
  readonly id: number;
  readonly kind: 'fault' | 'note';
  readonly text: string;
  readonly remedy: string | null;
  readonly code: string | null;
  readonly about: About | null;
  readonly action: { readonly label: string; run(): void } | null;
}

/** A note that fits into the status bar. */
const BRIEF = 60;

export class Messages {
  list = $state.raw<readonly Message[]>([]);
  /** What is said in passing. */
  readonly brief = $derived(this.list.filter(isBrief));
  /** What wants to be read. */
  readonly standing = $derived(this.list.filter((message) => !isBrief(message)));
  private next = 1;

  note(text: string, action: Message['action'] = null, about: About | null = null): void {
    this.list = this.list.filter((shown) => shown.kind === 'fault' || shown.action);
    const id = this.add({ kind: 'note', text, remedy: null, code: null, about, action });
    setTimeout(() => this.dismiss(id), action ? 10_000 : 4_000);
  }

  fault({ message, remedy, code }: MhoFault, action: Message['action'] = null, about: About | null = null): void {
    // the user has just decided that
    if (code === 'KEPT_OPEN') return;
    if (code === 'OPENING_CANCELLED') return this.note(message);
    const same = this.list.find((shown) => shown.text === message);
    if (same && (same.action || !action)) return;
    if (same) this.dismiss(same.id);
    this.add({ kind: 'fault', text: message, remedy, code, about, action });
  }

  /** What an action was offered for has come right. */
  settle(label: string): void {
    this.list = this.list.filter(({ action }) => action?.label !== label);
  }

  /** What messages were about has gone right, or is there no more. */
  outdated(...about: readonly About[]): void {
    this.list = this.list.filter((message) => message.about === null || !about.includes(message.about));
  }

  dismiss(id: number): void {
    this.list = this.list.filter((message) => message.id !== id);
  }

  private add(message: Omit<Message, 'id'>): number {
    const id = this.next++;
    this.list = [...this.list.slice(-3), { ...message, id }];
    return id;
  }
}

const isBrief = ({ kind, text, action }: Message): boolean => kind === 'note' && !action && text.length <= BRIEF;

export const messages = new Messages();

/** What somebody who mends it wants to know of a fault. */
export const detailsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);

/** The fault that a rejected request carries, whatever threw it. */
export const faultOf = (error: unknown): MhoFault =>
  typeof error === 'object' && error !== null && 'fault' in error ? (error.fault as MhoFault) : asMhoError(error).fault;
