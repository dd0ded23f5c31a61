/** Which examples a replacement by the mean is over: all that there are, of many some, spread evenly. One rule for every host. */
import { MOST_AVERAGED } from '../../../contract/interventions';
import { spreadPlaces } from '../data/spread';

export const averagedPlaces = (count: number): number[] => spreadPlaces(count, MOST_AVERAGED);
