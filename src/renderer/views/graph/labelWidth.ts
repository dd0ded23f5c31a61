/** How wide a name is on a card. */
import { textWidth } from '../../components/textWidth';
import { LETTERS } from '../../logic/layout';

const font = (weight: number) => `${weight} ${LETTERS}px 'Inter Variable', system-ui, sans-serif`;
const [BOLD, PLAIN] = [font(600), font(400)];

export const labelWidth = (text: string): number => textWidth(text, BOLD);
export const detailWidth = (text: string): number => textWidth(text, PLAIN);
