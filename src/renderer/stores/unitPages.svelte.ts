/** Which unit's page, or the notebook, lies over the results, and the way back and forward between them. */
import { linkIn, type UnitLink } from '../../contract/unitLink';
import { astray } from '../logic/unitLink';
import { shortHash } from '../logic/format';
import { strongestUnit } from '../logic/unitPage';
import { goneTo, NOWHERE, shownOf, stepped, type Visits } from '../logic/visits';
import { messages } from './messages.svelte';
import { sameUnit, selection, type UnitKey } from './selection.svelte';
import { shell } from './shell.svelte';
import { studio } from './studio.svelte';

/** A unit's page, or the notebook. */
type Place = UnitKey | 'notebook';
const same = (a: Place, b: Place): boolean => (a === 'notebook' || b === 'notebook' ? a === b : sameUnit(a, b));

class UnitPages {
  #visits = $state.raw<{ readonly model: string | undefined; readonly visits: Visits<Place>; readonly open: boolean }>({
    model: undefined,
    visits: NOWHERE,
    open: false,
  });
  readonly #model = $derived(studio.model.summary?.hash);
  /** Of the open model: those of another one are gone with it. */
  readonly #here: Visits<Place> = $derived(this.#visits.model === this.#model ? this.#visits.visits : NOWHERE);
  readonly shown: Place | null = $derived(
    this.#visits.open && this.#visits.model === this.#model ? shownOf(this.#here) : null,
  );
  readonly mayGoBack = $derived(this.#here.at > 0);
  readonly mayGoForward = $derived(this.#here.at < this.#here.places.length - 1);

  open(place: Place): void {
    this.#show(goneTo(this.#here, place === 'notebook' ? place : { layer: place.layer, unit: place.unit }, same));
  }

  /** The page of a layer's unit: the selected one, else that with the largest contribution to the example, else the first. */
  openIn(layer: string): void {
    const { key } = selection;
    const run = studio.runs.main;
    this.open(key?.layer === layer ? key : { layer, unit: (run && strongestUnit(run, layer, selection.example)) ?? 0 });
  }

  step(step: 1 | -1): void {
    if (this.shown !== null) this.#show(stepped(this.#here, step));
  }

  close(): void {
    this.#visits = { ...this.#visits, open: false };
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

  /** Says why a link leads nowhere, and offers what was opened lately with its model. */
  #say(wrong: string, { hash }: UnitLink): void {
    const lately = hash === this.#model ? [] : studio.program.recent.filter((file) => file.hash === hash);
    const file = lately.find(({ kind }) => kind === 'model') ?? lately[0];
    messages.note(wrong, file ? { label: `Open ${file.name}`, run: () => void studio.open(file) } : null, 'model');
  }

  #show(visits: Visits<Place>): void {
    this.#visits = { model: this.#model, visits, open: true };
    const place = shownOf(visits);
    if (place !== null && place !== 'notebook') selection.selectUnit(place);
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
