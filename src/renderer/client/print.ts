/** The browser's own print dialog for one picture: where there is no program to make a PDF, it does. */

/** @param svg that stands alone. @param width pixels, of which 96 are an inch */
export async function printPicture(svg: string, width: number, height: number): Promise<void> {
  const href = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const image = new Image();
  image.className = 'printed';
  image.src = href;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `.printed { display: none } @media print { @page { size: ${width}px ${height}px; margin: 0 } html, body { height: auto; overflow: visible } body > :not(.printed) { display: none } .printed { display: block; width: ${width}px; height: ${height - 1}px } }`,
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  document.body.append(image);
  try {
    await image.decode();
    window.print();
  } finally {
    image.remove();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    URL.revokeObjectURL(href);
  }
}
