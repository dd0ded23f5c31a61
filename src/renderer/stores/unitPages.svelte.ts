/** Pages of units and the notebook, as the open document has them (`Looks.page`): how they are gone to, by links and keys too. */
import type { PageView } from '../../contract/view';
import { linkIn, type UnitLink } from '../../contract/unitLink';
import { astray } from '../logic/unitLink';
import { shortHash } from '../logic/format';
import { strongestUnit } from '../logic/unitPage';
import { messages } from './messages.svelte';
import { selection } from './selection.svelte';
import { shell } from './shell.svelte';
import { studio } from './studio.svelte';

class UnitPages {
  /** Of the open document: those of another one are gone with it. */
  readonly #look = $derived(studio.looks.page);
  readonly #model = $derived(studio.model.summary?.hash);
  readonly shown: PageView | null = $derived(studio.model.summary ? this.#look.shown : null);
  readonly mayGoBack = $derived(this.#look.mayGoBack);
  readonly mayGoForward = $derived(this.#look.mayGoForward);

  open(page: PageView): void {
    this.#look.open(page === 'notebook' ? page : { layer: page.layer, unit: page.unit });
    this.#select();
  }

  /** The page of a layer's unit: the selected one, else that with the largest contribution to the example, else the first. */
  openIn(layer: string): void {
    const { key } = selection;
    const run = studio.runs.main;
    this.open(key?.layer === layer ? key : { layer, unit: (run && strongestUnit(run, layer, selection.example)) ?? 0 });
  }

  step(step: 1 | -1): void {
    if (this.shown === null) return;
    this.#look.step(step);
    this.#select();
  }

  close(): void {
    this.#look.close();
  }

  /** A link into a model that is not open: followed once that is. */
  #awaited: UnitLink | null = null;

  /** Goes where a link leads; says why where it leads nowhere. @returns whether it is a link */
  follow(text: string): boolean {
    const link = linkIn(text);
    if (link) this.#go(link);
    return link !== null;
  }

  /** Another model is open: a link may have waited for it. */
  arrived(): void {
    if (this.#awaited !== null && this.#awaited.hash === this.#model) this.#go(this.#awaited);
  }

  #go(link: UnitLink): void {
    const wrong = astray(link, studio.model.summary, shortHash);
    this.#awaited = link.hash === this.#model ? null : link;
    if (wrong !== null) this.#say(wrong, link);
    else if (link.unit === null) {
      selection.selectLayer(link.layer);
      this.close();
    } else this.open({ layer: link.layer, unit: link.unit });
  }

  /** Says why a link leads nowhere, and offers what was opened lately with its model, or the sample that it is of. */
  #say(wrong: string, { hash }: UnitLink): void {
    const lately = hash === this.#model ? [] : studio.program.recent.filter((file) => file.hash === hash);
    const file = lately.find(({ kind }) => kind === 'model') ?? lately[0];
    const sample = hash === this.#model ? undefined : studio.program.samples.find((each) => each.hash === hash);
    const offered = file
      ? { label: `Open ${file.name}`, run: () => void studio.open(file) }
      : sample && {
          label: `Open the sample ${sample.title}`,
          run: () => void studio.openSample(sample.name),
        };
    messages.note(wrong, offered ?? null, 'model');
  }

  /** The unit whose page is shown is the selected one. */
  #select(): void {
    const { shown } = this.#look;
    if (shown !== null && shown !== 'notebook') selection.selectUnit(shown);
  }

  /** Keys of the pages; true for one that was answered. */
  onKey(event: KeyboardEvent): boolean {
    if (this.shown === null || shell.dialog !== null) return false;
    const step = event.altKey && ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key];
    if (step) this.step(step);
    else if (event.key === 'Escape') this.close();
    else return false;
    event.preventDefault();
    return true;
  }
}

export const unitPages = new UnitPages();
