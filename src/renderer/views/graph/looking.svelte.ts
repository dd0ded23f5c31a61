/** Pan and zoom of the graph: where the view is, and which part of the picture is drawn for it. */
import { select } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomTransform } from 'd3-zoom';
import { revealing, type Box } from '../../logic/camera';
import { covers, partFor, placeOf, type Camera, type DrawnPart } from '../../logic/drawnPart';

type Size = readonly [width: number, height: number];

/** As long as a gesture pauses before what it left coarse is drawn anew, ms. */
const SETTLED = 160;

export class Looking {
  /** Once a frame, for what shows it. */
  camera = $state.raw<ZoomTransform>(zoomIdentity);
  /** What of the graph is drawn; moved by the stage. */
  part = $state.raw<DrawnPart>({ left: 0, top: 0, right: 1, bottom: 1, scale: 1 });
  /** Where the view was when nothing moved, and whether the user had chosen that. */
  rested = $state.raw<Camera & { readonly chosen: boolean }>({ x: 0, y: 0, k: 1, chosen: false });
  /** Whether the user has chosen what to see: until then the graph fits itself to its place. */
  moved = false;
  /** Where the view is. It changes several times a frame while the user moves, and nothing is drawn for it alone. */
  #camera: ZoomTransform = zoomIdentity;
  #frame = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #viewport: HTMLElement | null = null;
  #stage: HTMLElement | null = null;
  readonly #zooming = zoom<HTMLElement, unknown>()
    .scaleExtent([0.02, 3])
    .extent(() => [[0, 0], [...this.view()]])
    .on('zoom', ({ transform, sourceEvent }: { transform: ZoomTransform; sourceEvent: unknown }) => {
      this.#camera = transform;
      if (sourceEvent === null) return this.draw();
      this.moved = true;
      this.#frame ||= requestAnimationFrame(this.#move);
      clearTimeout(this.#settling);
      this.#settling = setTimeout(this.draw, SETTLED);
    });

  /**
   * @param view the size of what the picture is seen through
   * @param picture its own size
   */
  constructor(
    private readonly view: () => Size,
    private readonly picture: () => Size,
  ) {}

  /** Begins to listen to a viewport, in which a stage is moved. @returns what ends it */
  attach(viewport: HTMLElement, stage: HTMLElement): () => void {
    this.#viewport = viewport;
    this.#stage = stage;
    const selected = select(viewport);
    selected.call(this.#zooming).on('dblclick.zoom', null);
    return () => {
      selected.on('.zoom', null);
      clearTimeout(this.#settling);
      cancelAnimationFrame(this.#frame);
      this.#viewport = null;
      this.#stage = null;
    };
  }

  /** Moves what is drawn; draws only where that is not enough. */
  readonly #move = (): void => {
    this.#frame = 0;
    if (covers(this.part, this.#camera, this.view(), this.picture())) this.#show();
    else this.draw();
  };

  /** Draws what is seen, with room around it, where that is not drawn. */
  readonly draw = (): void => {
    clearTimeout(this.#settling);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const [width, height] = this.view();
    const { x, y, k } = this.#camera;
    const wanted = partFor(this.#camera, [width, height], this.picture());
    const around = { x: x + width * 0.2, y: y + height * 0.2, k };
    if (wanted.scale !== this.part.scale || !covers(this.part, around, [width * 1.4, height * 1.4], this.picture()))
      this.part = wanted;
    this.#show();
    this.rested = { x, y, k, chosen: this.moved };
  };

  #show(): void {
    this.camera = this.#camera;
    if (this.#stage) this.#stage.style.transform = placeOf(this.part, this.#camera);
  }

  from({ x, y, k }: Camera): void {
    if (this.#viewport) this.#zooming.transform(select(this.#viewport), zoomIdentity.translate(x, y).scale(k));
  }

  /** Moves no further than needs be for a box to be seen. */
  reveal(box: Box): void {
    const to = revealing(this.#camera, this.view(), box);
    if (to.x !== this.#camera.x || to.y !== this.#camera.y) this.from(to);
  }

  to(x: number, y: number): void {
    this.moved = true;
    if (this.#viewport) this.#zooming.translateTo(select(this.#viewport), x, y);
  }

  scaleBy(factor: number): void {
    this.moved = true;
    if (this.#viewport) this.#zooming.scaleBy(select(this.#viewport), factor);
  }
}
