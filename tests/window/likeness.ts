/** Whether two screenshots show the same, however a font or a time came out. */
import type { Page } from '@playwright/test';

/** Mean difference, of 255, of two pictures brought to a few cells: a font or a time makes 0 to 2 of it, another layout of a view 3, another view 4 and more. */
export const MOST_APART = 3;

/** Cells of `[rows, columns, 3]` of two PNGs or JPEGs, as the page draws them. */
export const apart = (page: Page, one: Buffer, other: Buffer): Promise<number> =>
  page.evaluate<number>(`(async () => {
    const cells = async (text) => {
      const image = new Image();
      image.src = 'data:image/' + (text.startsWith('/9j/') ? 'jpeg' : 'png') + ';base64,' + text;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [48, 32];
      const context = canvas.getContext('2d');
      context.imageSmoothingQuality = 'high';
      context.drawImage(image, 0, 0, 48, 32);
      return context.getImageData(0, 0, 48, 32).data;
    };
    const [a, b] = [await cells(${JSON.stringify(one.toString('base64'))}), await cells(${JSON.stringify(other.toString('base64'))})];
    return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / (a.length * 0.75);
  })()`);
