/** Faults and short confirmations, shown above everything until they are read or undone. */
import { asMhoError, type MhoFault } from '../../contract/errors';

export interface Message {
  readonly id: number;
  readonly kind: 'fault' | 'note';
  readonly text: string;
  readonly remedy: string | null;
  readonly code: string | null;
  readonly action: { readonly label: string; run(): void } | null;
}

class Messages {
  list = $state.raw<readonly Message[]>([]);
  private next = 1;

  note(text: string, action: Message['action'] = null): void {
    this.list = this.list.filter((shown) => shown.kind === 'fault' || shown.action);
    const id = this.add({ kind: 'note', text, remedy: null, code: null, action });
    setTimeout(() => this.dismiss(id), action ? 10_000 : 4_000);
  }

  fault({ message, remedy, code }: MhoFault, action: Message['action'] = null): void {
    // the user has just decided that
    if (code === 'KEPT_OPEN') return;
    if (code === 'OPENING_CANCELLED') return this.note(message);
    const same = this.list.find((shown) => shown.text === message);
    if (same && (same.action || !action)) return;
    if (same) this.dismiss(same.id);
    this.add({ kind: 'fault', text: message, remedy, code, action });
  }

  /** What an action was offered for has come right. */
  settle(label: string): void {
    this.list = this.list.filter(({ action }) => action?.label !== label);
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

export const messages = new Messages();

/** What somebody who mends it wants to know of a fault. */
export const detailsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);

/** The fault that a rejected request carries, whatever threw it. */
export const faultOf = (error: unknown): MhoFault =>
  typeof error === 'object' && error !== null && 'fault' in error ? (error.fault as MhoFault) : asMhoError(error).fault;
