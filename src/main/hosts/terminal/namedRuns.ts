/** The runs of a session as the window lists them: by what tells each from the others. */
import type { Session } from '../../../contract/session';
import type { RunRecord } from '../../../contract/studio';
import { runNames } from '../../../contract/words/runNames';
import { storedRuns } from '../service/document/session';
import { recordOf } from '../service/records';

export interface NamedRecord {
  readonly record: RunRecord;
  readonly name: string;
}

/** In the order of the file. */
export function namedRuns(session: Session): readonly NamedRecord[] {
  const records = storedRuns(session).map(recordOf);
  const names = runNames(records);
  return records.map((record, place) => ({ record, name: names[place]! }));
}
