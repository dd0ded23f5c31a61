/** Whether a double click was on a panel's head, not on a button of it. */
export const onHead = ({ target }: MouseEvent): boolean =>
  target instanceof Element && target.closest('button, input, select, a') === null;
