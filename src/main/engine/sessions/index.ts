/** Sessions: save, open, export. */
export { openSession } from './open';
export { saveSession } from './save';
export { exportUnits } from './export';
export { checkWritable } from './write';
