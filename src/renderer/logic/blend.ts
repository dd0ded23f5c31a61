/** How a map of contributions and the picture below it share what is seen. */

/** @param blend 0: the picture alone, 1: the map alone */
export const opacities = (blend: number): { readonly picture: number; readonly map: number } => ({
  picture: Math.min(1, 2 * (1 - blend)) * (1 - 0.5 * Math.min(1, 2 * blend)),
  map: Math.min(1, 2 * blend),
});
