/** Which unit's page, or the notebook, lies over the results, and the way back and forward between them. */
import { linkIn, astray } from '../logic/unitLink';
import { shortHash } from '../logic/format';
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

  step(step: 1 | -1): void {
    if (this.shown !== null) this.#show(stepped(this.#here, step));
  }

  close(): void {
    this.#visits = { ...this.#visits, open: false };
  }

  /** Goes where a link leads; says why where it leads nowhere. @returns whether it is a link */
  follow(text: string): boolean {
    const link = linkIn(text);
    if (!link) return false;
    const wrong = astray(link, studio.model.summary, shortHash);
    if (wrong !== null) messages.note(wrong);
    else if (link.unit === null) {
      selection.selectLayer(link.layer);
      this.close();
    } else this.open({ layer: link.layer, unit: link.unit });
    return true;
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
